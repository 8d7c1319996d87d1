/** Reading request bodies within their limits. */
import { ArqonError, concatBytes, fromUtf8, type Json, parseJson, type Timer } from "@arqon/core/base";
import { type DescMessage, fromJson, type MessageShape } from "@arqon/core/wire";
import type { GatewayRequest } from "./http.ts";
import type { GatewayLimits } from "./limits.ts";
import { misuse } from "./status.ts";

/**
 * The pieces of a body, checked as they come.
 * @throws ArqonError `WIRE_TOO_LARGE`, `DEADLINE_EXCEEDED` when it does not arrive in time.
 */
export async function* boundedBody(
  request: GatewayRequest,
  { bodyBytes, receiveMs }: Pick<GatewayLimits, "bodyBytes" | "receiveMs">,
  timer: Timer,
): AsyncGenerator<Uint8Array> {
  const check = (bytes: number, word: string): void => {
    if (bytes > bodyBytes)
      throw new ArqonError("WIRE_TOO_LARGE", `the body has ${word}${bytes} bytes, limit ${bodyBytes}`);
  };
  check(Number(request.headers["content-length"] ?? 0), "");
  const late = new ArqonError("DEADLINE_EXCEEDED", `the body did not arrive within ${receiveMs} ms`);
  const cancel = timer.after(receiveMs, () => request.destroy(late));
  try {
    let bytes = 0;
    const pieces: AsyncIterable<Uint8Array> = request;
    for await (const piece of pieces) {
      bytes += piece.length;
      check(bytes, "at least ");
      yield piece;
    }
  } finally {
    cancel();
  }
}

/** All pieces of a body as one. */
export async function wholeBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return concatBytes(...pieces);
}

/** @throws ArqonError `JSON_INVALID` */
export function jsonBody(bytes: Uint8Array): Json {
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch (cause) {
    throw new ArqonError("JSON_INVALID", "the body is not UTF-8", { cause });
  }
  return parseJson(text, "the body");
}

/** A message from its JSON form; unknown fields are refused. @throws ArqonError `USAGE` */
export function messageBody<D extends DescMessage>(schema: D, json: Json): MessageShape<D> {
  try {
    return fromJson(schema, json as Parameters<typeof fromJson>[1]);
  } catch (cause) {
    throw misuse(`the body: ${(cause as Error).message}`, cause);
  }
}
