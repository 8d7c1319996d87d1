/** Circuits as text. */
export { toQasm2 } from "./qasm2.ts";
export { toQasm3 } from "./qasm3.ts";
