/** Prints documents and tables from data: `docs/errors.md` from the error catalogue. Part of `npm run gen`. */
import { writeFileSync } from "node:fs";
import { errorsPage } from "./errors-page.ts";

writeFileSync("docs/errors.md", errorsPage());
