/** Bounds on the work one OpenQASM 3 text can ask for, beside those of `QASM_LIMITS`. */
export const QASM3_LIMITS: Readonly<
  Record<"sourceChars" | "nesting" | "steps" | "operations" | "controls" | "outcomes", number>
> = {
  /** Length of the source, in UTF-16 code units: every token of the official grammar is an object. */
  sourceChars: 4 * 1024 * 1024,
  /** Grammar rules inside one another; a level of parentheses is one, a level of blocks three. */
  nesting: 600,
  /** Statements, and operators of expressions, that are gone through while loops and calls unroll. */
  steps: 4_194_304,
  /** Operations of one gate call, while modifiers work on them. */
  operations: 262_144,
  /** Control qubits of one gate: its decomposition grows with their square. */
  controls: 256,
  /** Measured bits that one condition or classical value may depend on: it is a table of all their values. */
  outcomes: 12,
};
