/** What every engine checks before it takes anything. */
import { ArqonError } from "@arqon/core/base";
import type { LogRecord } from "./engine.ts";

const REALITY = /^(?:replay\.)?[A-Za-z0-9_-]{1,64}$/;

/** @throws TypeError unless `reality` is 1 to 64 characters of `[A-Za-z0-9_-]`, after "replay." or not. */
export function checkReality(reality: string): string {
  if (!REALITY.test(reality)) throw new TypeError(`not the name of a Reality: "${reality.slice(0, 80)}"`);
  return reality;
}

/** @throws TypeError unless `sequence` comes after `last` and both it and the time fit 2^53 - 1. */
export function checkNext(sequence: number, timestampUnixUs: number, last: number): void {
  if (!Number.isSafeInteger(sequence) || sequence <= last)
    throw new TypeError(`sequence ${sequence} does not come after ${last}`);
  if (!Number.isSafeInteger(timestampUnixUs) || timestampUnixUs < 0)
    throw new TypeError(`timestamp of sequence ${sequence} is not in microseconds: ${timestampUnixUs}`);
}

/**
 * @returns the last sequence of the batch.
 * @throws TypeError unless sequences rise strictly from above `after`; see {@link checkNext}.
 */
export function checkBatch(batch: readonly LogRecord[], after: number): number {
  let last = after;
  for (const { sequence, timestampUnixUs } of batch) {
    checkNext(sequence, timestampUnixUs, last);
    last = sequence;
  }
  return last;
}

/** The refusal of a log or engine that was closed. */
export function closedError(what: string): ArqonError {
  return new ArqonError("LOG_UNAVAILABLE", `${what} is closed`, { remedy: "Open it again." });
}

/** The refusal of a log whose ownership went to a newer open. */
export function fencedError(reality: string): ArqonError {
  return new ArqonError("LOG_FENCED", `the log of Reality "${reality}" was opened by a newer owner`);
}

/** The refusal of a compare-and-set. */
export function mismatchError(key: string, expected: number, found: number): ArqonError {
  return new ArqonError("SEQUENCE_MISMATCH", `key "${key}" is at revision ${found}, expected ${expected}`, {
    details: { key, expected, found },
  });
}

/** What a program is told of stored bytes that cannot be trusted. */
export function corruptError(file: string, offset: number, why: string): ArqonError {
  return new ArqonError("LOG_CORRUPT", `${file} at byte ${offset}: ${why}`, { details: { file, offset } });
}

/** A disk's own error, as the log tells of it. */
export function diskError(what: string, cause: unknown, remedy?: string): ArqonError {
  return cause instanceof ArqonError ? cause : unavailableError(what, cause, remedy);
}

/** Whatever keeps a log from writing: who publishes learns to try again, also where it is the keys that are away. */
export function unavailableError(what: string, cause: unknown, remedy?: string): ArqonError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const options = remedy === undefined ? { cause } : { cause, remedy };
  return new ArqonError("LOG_UNAVAILABLE", `${what}: ${message}`, options);
}
