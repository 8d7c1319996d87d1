/** A connection of messages behind their lengths and nothing else: hello comes first. */
import { encodeMessage, opMessage } from "@arqon/core/wire";
import { type Kernel, type Press, RecordReader } from "../kernel/index.ts";
import type { Outbox } from "../spine/index.ts";
import { bodyBytes } from "./bodies.ts";
import type { ShieldContext } from "./context.ts";
import { takeChunk } from "./intake.ts";
import type { RecordSheets } from "./record-sheets.ts";
import type { Carried, Transport } from "./transport.ts";

/** TCP, or a TLS stream. */
export class TcpTransport implements Transport {
  readonly answersGoodbye = false;
  readonly canPack = false;
  readonly #context: ShieldContext;
  readonly #outbox: Outbox;
  readonly #session: Carried;
  readonly #sheets: RecordSheets;
  readonly #kernel: Kernel | undefined;
  readonly #reader: RecordReader;

  constructor(context: ShieldContext, outbox: Outbox, session: Carried) {
    this.#context = context;
    this.#outbox = outbox;
    this.#session = session;
    this.#sheets = context.recordSheets;
    this.#kernel = context.press.kernel;
    this.#reader = new RecordReader(context.limits.helloFrameBytes, (bytes) => session.message(bytes));
  }

  get maxMessageBytes(): number {
    return this.#reader.maxMessageBytes;
  }

  set maxMessageBytes(bytes: number) {
    this.#reader.maxMessageBytes = bytes;
  }

  take(chunk: Uint8Array): void {
    takeChunk(this.#kernel, chunk, "records", this.#reader, this.#session);
  }

  send(press: Press, droppable: boolean): void {
    this.#outbox.push(this.#sheets.of(press), droppable);
  }

  sizeOf(press: Press): number {
    return bodyBytes(press);
  }

  probe(): void {
    const { press, newId, clock } = this.#context;
    press.ready(
      encodeMessage(opMessage(newId(), 0n, { case: "ping", value: { sentUnixUs: BigInt(clock.nowUs()) } })),
    );
    this.send(press, false);
  }

  pack(): void {}

  goodbye(): void {}

  stop(): void {
    this.#reader.stop();
  }
}
