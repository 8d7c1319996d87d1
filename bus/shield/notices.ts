/** What a connection is told without having asked, as the bytes of messages. */
import { ArqonError } from "@arqon/core/base";
import { decodeMessage, encodeMessage, errorInfo, opMessage } from "@arqon/core/wire";

/** An error, or the answer to the operation numbered `corr`. */
export function errorNotice(id: string, corr: bigint, error: ArqonError): Uint8Array {
  return encodeMessage(opMessage(id, corr, { case: "error", value: errorInfo(error) }));
}

/** That so many messages were left out. */
export function lossNotice(id: string, messages: number): Uint8Array {
  const error = new ArqonError("SLOW_CONSUMER", `${messages} messages were left out; read faster`);
  const notice = opMessage(id, 0n, { case: "error", value: errorInfo(error) });
  notice.dropped = BigInt(messages);
  return encodeMessage(notice);
}

/** The id of a message that was refused before its header was read to the end; empty where it has none. */
export function refusedId(bytes: Uint8Array): string {
  try {
    return decodeMessage(bytes).id;
  } catch {
    return "";
  }
}
