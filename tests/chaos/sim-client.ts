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
import type { AckLine } from "./history.ts";
import type { VirtualNet, VirtualStream } from "./virtual-net.ts";

/** What a client tells its owner. */
export interface SimEvents {
  welcomed(client: SimClient, epoch: string): void;
  message(client: SimClient, message: ArqonMessage): void;
  op(client: SimClient, op: Op): void;
  /** The bus left messages out. */
  dropped(client: SimClient, messages: number): void;
  closed(client: SimClient): void;
}

/** One connection. */
export class SimClient {
  readonly stream: VirtualStream;
  open = false;
  /** What was acknowledged on this connection. */
  readonly line: AckLine;
  /** Ids of logged publications in the order they were sent, until each is answered. */
  readonly #unanswered: string[] = [];
  readonly #features: readonly string[];
  #packed = false;
  readonly #newId: () => string;
  readonly #events: SimEvents;
  #corr = 0n;
  #input = Buffer.alloc(0);
  #upgraded = false;

  private constructor(
    stream: VirtualStream,
    principal: string,
    features: readonly string[],
    newId: () => string,
    events: SimEvents,
  ) {
    this.stream = stream;
    this.line = { life: stream.life, last: 0 };
    this.#features = features;
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
      value: {
        versionMin: 1,
        versionMax: 1,
        apiKey: `key-${principal}`,
        reality: "sim",
        features: [...features],
      },
    });
  }

  /** Undefined while no server listens. */
  static connect(
    net: VirtualNet,
    principal: string,
    features: readonly string[],
    newId: () => string,
    events: SimEvents,
  ): SimClient | undefined {
    const stream = net.connect();
    return stream && new SimClient(stream, principal, features, newId, events);
  }

  ask(op: OpInit): bigint {
    const corr = ++this.#corr;
    this.send(opMessage(this.#newId(), corr, op));
    return corr;
  }

  /** Sends what will be acknowledged or refused. */
  publish(message: ArqonMessage): void {
    this.#unanswered.push(message.id);
    this.send(message);
  }

  /** The ids an answer is for: that of the answer, and as many before it as it stands for. */
  answered(id: string, count: number): string[] {
    const at = this.#unanswered.indexOf(id);
    return at < 0 ? [id] : this.#unanswered.splice(Math.max(0, at - count + 1), Math.min(count, at + 1));
  }

  send(message: ArqonMessage): void {
    const encoded = encodeMessage(message);
    const payload = this.#packed ? Buffer.concat([lengthOf(encoded), encoded]) : encoded;
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
      if (opcode !== 2) continue;
      if (!this.#packed) this.#take(decodeMessage(payload));
      else for (const message of unpack(payload)) this.#take(decodeMessage(message));
    }
  }

  #take(message: ArqonMessage): void {
    if (message.type !== MessageType.CONTROL || !message.topic.startsWith("sys.session.")) {
      this.#events.message(this, message);
      return;
    }
    if (message.dropped > 0n) this.#events.dropped(this, Number(message.dropped));
    const op = payloadOf(message, OpSchema);
    if (op.op.case === "welcome") {
      this.open = true;
      const { features, epoch } = op.op.value;
      if (features.some((name) => !this.#features.includes(name))) throw new TypeError("nobody offered that");
      this.#packed = features.includes("packing");
      this.#events.welcomed(this, epoch);
    } else this.#events.op(this, op);
  }
}

function lengthOf(bytes: Uint8Array): Uint8Array {
  const head: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    if (rest < 128) return Uint8Array.from([...head, rest]);
    head.push((rest & 127) | 128);
  }
}

function* unpack(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
