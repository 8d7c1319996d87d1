/** Prints documents and tables from data: `docs/errors.md` from the error catalogue, `docs/gates.md` and Python's gates from the gate table. Part of `npm run gen`. */
import { writeFileSync } from "node:fs";
import { errorsPage } from "./errors-page.ts";
import { gatesPage } from "./gates-page.ts";
import { pythonGates } from "./python-gates.ts";

writeFileSync("docs/errors.md", errorsPage());
writeFileSync("docs/gates.md", gatesPage());
writeFileSync("sdk/python/src/arqon/gates.py", pythonGates());
