/** Programs that are JSON rather than circuits. */
import { ArqonError, fromUtf8, type Json, parseJson } from "@arqon/core/base";

/** The value that a capsule's program is; `what` names it. @throws ArqonError `JSON_INVALID` */
export function programJson(program: Uint8Array, what: string): Json {
  let text: string;
  try {
    text = fromUtf8(program);
  } catch (cause) {
    throw new ArqonError("JSON_INVALID", `${what} is not UTF-8`, { cause });
  }
  return parseJson(text, what);
}
