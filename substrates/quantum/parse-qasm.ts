/** OpenQASM of either version becomes a circuit. */
import { qasmVersion } from "@arqon/core/base";
import type { Circuit } from "./circuit.ts";
import { parseQasm2 } from "./qasm/parser.ts";
import { parseQasm3, type Qasm3Options } from "./qasm3/index.ts";

/**
 * Reads an OpenQASM text in the version its first line names, by {@link parseQasm2} or {@link parseQasm3}.
 *
 * @param fileName  for messages only.
 * @throws ArqonError as these do.
 */
export function parseQasm(source: string, fileName: string, options: Qasm3Options = {}): Circuit {
  return qasmVersion(source) === 3 ? parseQasm3(source, fileName, options) : parseQasm2(source, fileName);
}
