/** Bounds on the work one OpenQASM text can ask for; each is checked before anything is allocated for it. */
export const QASM_LIMITS: Readonly<
  Record<"sourceChars" | "registerSize" | "expansion" | "operands" | "nesting", number>
> = {
  /** Length of the source, in UTF-16 code units. */
  sourceChars: 16 * 1024 * 1024,
  /** Qubits of all registers together; bits likewise. */
  registerSize: 65_536,
  /** Instructions after expansion of gates and registers, counting every gate call on the way. */
  expansion: 4_194_304,
  /** Operands and parameters of all those instructions together. */
  operands: 16_777_216,
  /** Nesting of parentheses and operators, and of gate definitions. */
  nesting: 256,
};
