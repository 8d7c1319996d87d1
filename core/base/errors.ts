/** The one error class: a closed set of codes, each with its meaning and remedy in the catalogue. */
import { ERRORS, type ErrorCode, type ErrorKind } from "./error-table.ts";

/** Options of an {@link ArqonError}: what was wrong, in numbers and places, for programs to read. */
export interface ErrorOptionsWithDetails extends ErrorOptions {
  /** Where and how much, e.g. `{ file, line, column }` or `{ bytes, limitBytes }`. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  /** Overrides the catalogue's remedy when the place knows a better one. */
  readonly remedy?: string;
}

/**
 * A failure people can act on. The `code` is stable and is what programs compare; the message is for people and says
 * what was wrong and where. Programmer mistakes throw plain `TypeError` instead.
 */
export class ArqonError extends Error {
  override readonly name = "ArqonError";
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptionsWithDetails = {}) {
    super(message, options);
    this.code = code;
    this.remedy = options.remedy ?? ERRORS[code].remedy;
    this.details = options.details ?? {};
  }

  /** The catalogue row of this error's code. */
  get kind(): ErrorKind {
    return ERRORS[this.code];
  }

  /** Wraps anything thrown; an {@link ArqonError} is returned as it is. */
  static from(thrown: unknown, code: ErrorCode = "INTERNAL"): ArqonError {
    if (thrown instanceof ArqonError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new ArqonError(code, message, { cause: thrown });
  }

  /** Recognises errors across realms and copies of the package, by shape. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === "ArqonError" && "code" in value;
  }
}

/** Whether a string names a row of the catalogue. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
