/** Where programs by other people are, that judge what Arqon exports. `.ci/run` installs them all. */
import { existsSync } from "node:fs";
import { join } from "node:path";

const here = (...parts: string[]): string => join(process.cwd(), ".services", ...parts);
const found = (place: string, program: string): string | undefined =>
  existsSync(join(place, program)) ? place : undefined;

/** The virtual environment of `tests/judges/requirements.txt`. */
export const judgesFolder = (): string | undefined =>
  found(process.env["ARQON_JUDGES"] ?? here("judges"), "bin/rocrate-validator");

/** That of `tests/judges/sbom-requirements.txt`. */
export const sbomJudge = (): string | undefined => found(here("judges-sbom"), "bin/python");

/** The program of `tests/judges/tlog`. */
export const tlogJudge = (): string | undefined => found(here(), "tlog-judge") && here("tlog-judge");

/** The program of `tests/judges/spec`. */
export const specJudge = (): string | undefined => found(here(), "spec-judge") && here("spec-judge");
