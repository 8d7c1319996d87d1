/** Validation: declared constraints against the results of a run. */
export { CONSTRAINTS_SCHEMA, type Constraint, readConstraints } from "./constraints.ts";
export { type Finding, type Judged, type Validation, validateRun, validationJson } from "./validate.ts";
