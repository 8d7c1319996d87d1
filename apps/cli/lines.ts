/** Answers without an end: a line at a time, no faster than they are read. */
import { once } from "node:events";
import type { Json } from "@arqon/core/base";
import type { Terminal } from "./terminal.ts";

/** Prints lines of text, or in JSON mode the value in one line. Resolves when the reader keeps up, or is not waited for. */
export async function printLines(
  terminal: Terminal,
  lines: readonly string[],
  value: Json,
  signal?: AbortSignal,
): Promise<void> {
  if (terminal.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  else for (const line of lines) terminal.print(line);
  if (process.stdout.writableNeedDrain && !signal?.aborted)
    await once(process.stdout, "drain", signal && { signal });
}
