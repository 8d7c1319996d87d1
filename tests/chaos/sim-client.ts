/** A client of the simulated bus: frames and messages by hand, callbacks instead of promises, so that a seed repeats it. */
import {
  type ArqonMessage,
  decodeMessage,
  encodeMessage,
  MessageType,
  type Op,
  type OpInit,
  OpSchema,
  opMessage,
  payloadOf,
  SUBPROTOCOL,
} from "@arqon/core/wire";
import type { VirtualNet, VirtualStream } from "./virtual-net.ts";

/** What a client tells its owner. */
export interface SimEvents {
  welcomed(client: SimClient): void;
  message(client: SimClient, message: ArqonMessage): void;
  op(client: SimClient, op: Op): void;
  closed(client: SimClient): void;
}

/** One connection. */
export class SimClient {
  readonly stream: VirtualStream;
  open = false;
  readonly #newId: () => string;
  readonly #events: SimEvents;
  #corr = 0n;
  #input = Buffer.alloc(0);
  #upgraded = false;

  private constructor(stream: VirtualStream, principal: string, newId: () => string, events: SimEvents) {
    this.stream = stream;
    this.#newId = newId;
    this.#events = events;
    stream.handler = {
      data: (chunk) => this.#data(chunk),
      drain: () => {},
      closed: () => {
        this.open = false;
        events.closed(this);
      },
    };
    stream.write([
      Buffer.from(
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
          `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
      ),
    ]);
    this.ask({
      case: "hello",
      value: { versionMin: 1, versionMax: 1, apiKey: `key-${principal}`, reality: "sim" },
    });
  }

  /** Undefined while no server listens. */
  static connect(
    net: VirtualNet,
    principal: string,
    newId: () => string,
    events: SimEvents,
  ): SimClient | undefined {
    const stream = net.connect();
    return stream && new SimClient(stream, principal, newId, events);
  }

  ask(op: OpInit): bigint {
    const corr = ++this.#corr;
    this.send(opMessage(this.#newId(), corr, op));
    return corr;
  }

  send(message: ArqonMessage): void {
    const payload = encodeMessage(message);
    const head = Buffer.alloc(payload.length < 126 ? 6 : 8);
    head[0] = 0x82;
    if (payload.length < 126) head[1] = 0x80 | payload.length;
    else {
      head[1] = 0xfe;
      head.writeUInt16BE(payload.length, 2);
    }
    this.stream.write([Buffer.concat([head, payload])]);
  }

  #data(chunk: Uint8Array): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    if (!this.#upgraded) {
      const end = this.#input.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#upgraded = true;
      this.#input = this.#input.subarray(end + 4);
    }
    for (;;) {
      if (this.#input.length < 2) return;
      const short = (this.#input[1] as number) & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.#input.length < head) return;
      const length =
        short < 126
          ? short
          : short === 126
            ? this.#input.readUInt16BE(2)
            : Number(this.#input.readBigUInt64BE(2));
      if (this.#input.length < head + length) return;
      const opcode = (this.#input[0] as number) & 15;
      const payload = this.#input.subarray(head, head + length);
      this.#input = this.#input.subarray(head + length);
      if (opcode === 2) this.#take(decodeMessage(payload));
    }
  }

  #take(message: ArqonMessage): void {
    if (message.type !== MessageType.CONTROL || !message.topic.startsWith("sys.session.")) {
      this.#events.message(this, message);
      return;
    }
    const op = payloadOf(message, OpSchema);
    if (op.op.case === "welcome") {
      this.open = true;
      this.#events.welcomed(this);
    } else this.#events.op(this, op);
  }
}
