/** Where a command prints: answers to stdout, everything else to stderr, and JSON instead of text where asked. */

import { homedir } from "node:os";
import { resolve } from "node:path";
import type { Json } from "@arqon/core/base";
import { orderedJson } from "./ordered-json.ts";

/** The outside of a command. */
export interface Terminal {
  /** `ARQON_HOME`, absolute. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the answer is to be JSON. */
  readonly json: boolean;
  readonly columns: number;
  /** A line of the answer; not printed in JSON mode. */
  print(line?: string): void;
  /** The whole answer in JSON mode; not printed otherwise. */
  answer(value: Json): void;
  /** A remark on stderr. */
  note(line: string): void;
  /** A line on stderr that the next one replaces; nothing where stderr is no terminal. */
  progress(line: string): void;
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array>;
  /** How the user starts this CLI, for commands to copy. */
  readonly invocation: string;
}

/** The terminal of this process. */
export function processTerminal(json: boolean): Terminal {
  // A reader such as `head` may leave before the end; that is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") process.stderr.write(`arqon: cannot write the answer: ${error.message}\n`);
    process.exit(error.code === "EPIPE" ? 0 : 4);
  });
  const live = process.stderr.isTTY === true;
  let shown = false;
  const clear = (): void => {
    if (shown) process.stderr.write("\r\u001b[K");
    shown = false;
  };
  return {
    home: resolve(process.env["ARQON_HOME"] || `${homedir()}/.arqon`),
    env: process.env,
    json,
    columns: Math.min(process.stdout.columns ?? 100, 120),
    print: (line = "") => {
      if (json) return;
      clear();
      process.stdout.write(`${harmless(line)}\n`);
    },
    answer: (value) => {
      if (!json) return;
      clear();
      process.stdout.write(`${orderedJson(value)}\n`);
    },
    note: (line) => {
      clear();
      process.stderr.write(`${harmless(line)}\n`);
    },
    progress: (line) => {
      if (!live) return;
      process.stderr.write(`\r\u001b[K${harmless(line)}`);
      shown = line !== "";
    },
    input: process.stdin,
    invocation: "npx arqon",
  };
}

/** Names come from files and other people: control characters in them must not reach the terminal. */
function harmless(line: string): string {
  return line.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, "\ufffd");
}
