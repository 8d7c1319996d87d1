/** The framing of `tcp://`: the length of each message before it, and nothing else. */
import { takeDelimited } from "./delimited.ts";
import type { Batch, Framing, FramingHost } from "./framing.ts";
import { writeVarint } from "./varint.ts";

/** Size-delimited messages. */
export class TcpFraming implements Framing {
  readonly greeting: undefined;
  readonly farewell: undefined;
  readonly opened: boolean = true;
  readonly overheadBytes: number = 5;
  need = 0;
  readonly #host: FramingHost;

  constructor(host: FramingHost) {
    this.#host = host;
  }

  read(bytes: Uint8Array, from: number, end: number): number {
    const { at, need } = takeDelimited(bytes, from, end, this.#host.message);
    this.need = need;
    return at;
  }

  write({ bytes }: Batch, at: number, message: Uint8Array): number {
    const to = writeVarint(bytes, at, message.length);
    bytes.set(message, to);
    return to + message.length;
  }
}
