/** OpenQASM 3. */
export { QASM3_LIMITS } from "./limits.ts";
export { parseQasm3, type Qasm3Options } from "./parse.ts";
