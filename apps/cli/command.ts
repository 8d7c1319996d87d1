/** What a command is. One command a file; help and completions are printed from these records. */
import type { Terminal } from "./terminal.ts";

/** One option of a command. */
export interface Option {
  readonly type: "string" | "boolean";
  /** Name of the value in help, e.g. "N". */
  readonly value?: string;
  /** May be given several times; {@link Arguments.texts} has them all. */
  readonly many?: true;
  readonly help: string;
}

/** What the command line said. */
export interface Arguments {
  readonly positionals: readonly string[];
  text(option: string): string | undefined;
  /** Every value of an option that may be given several times, in their order. */
  texts(option: string): readonly string[];
  flag(option: string): boolean;
}

/** One verb of the CLI. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Names of the positional arguments, e.g. "FILE" or "ID|FILE.zip"; a trailing "?" marks an optional one. */
  readonly positionals: readonly string[];
  /** What may follow the name, where the positionals do not say it, e.g. "rotate"; a line each. */
  readonly forms?: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  readonly example: string;
  /** @returns the exit code. Throws ArqonError for everything that has a code. */
  run(args: Arguments, terminal: Terminal): Promise<number>;
}

/** Options every command has. */
export const COMMON_OPTIONS: Readonly<Record<string, Option>> = {
  json: { type: "boolean", help: "print one JSON object (or array) instead of text" },
  help: { type: "boolean", help: "say what the command does" },
};
