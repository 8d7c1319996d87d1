/** The load: one publisher and some readers on bare sockets, the same bytes for every server. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { systemClock, systemEntropy, uuidv7Generator } from "@arqon/core/base";
import {
  BytesValueSchema,
  decodeMessage,
  encodeMessage,
  MessageType,
  messageWith,
  type OpInit,
  opMessage,
  SUBPROTOCOL,
} from "@arqon/core/wire";

const newId = uuidv7Generator(systemClock, systemEntropy);
const MASK = Buffer.from([0x5a, 0xc3, 0x17, 0x99]);

/** A masked client frame. */
function frame(payload: Uint8Array): Buffer {
  const head = payload.length < 126 ? Buffer.from([0x82, 0x80 | payload.length]) : Buffer.alloc(4);
  if (payload.length >= 126) {
    head[0] = 0x82;
    head[1] = 0xfe;
    head.writeUInt16BE(payload.length, 2);
  }
  const masked = Buffer.from(payload);
  for (let i = 0; i < masked.length; i++) masked[i] = (masked[i] as number) ^ (MASK[i & 3] as number);
  return Buffer.concat([head, MASK, masked]);
}

/** Opens a WebSocket by hand and says hello. @param path  "/publish" or "/read"; only the peer looks at it. */
export async function join(port: number, path: string, isBus: boolean): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Protocol: ${SUBPROTOCOL}\r\nAuthorization: Bearer bench\r\n\r\n`,
  );
  await once(socket, "data");
  if (isBus)
    await ask(socket, {
      case: "hello",
      value: { versionMin: 1, versionMax: 1, reality: "bench", client: "bench" },
    });
  return socket;
}

/** Sends an operation to the bus and waits for the answer. */
async function ask(socket: Socket, op: OpInit): Promise<void> {
  socket.write(frame(encodeMessage(opMessage(newId(), 1n, op))));
  await once(socket, "data");
}

/** What one run gave. */
export interface LoadResult {
  readonly deliveries: number;
  readonly seconds: number;
}

/** One publisher, `readers` readers, and a window of messages that may be under way. */
export class Load {
  readonly #publisher: Socket;
  readonly #readers: Socket[];
  readonly #received: number[];
  readonly #burst: Buffer;
  readonly #burstMessages: number;
  readonly #window: number;
  #wake: () => void = () => {};

  private constructor(publisher: Socket, readers: Socket[], isBus: boolean, window: number) {
    this.#publisher = publisher;
    this.#readers = readers;
    this.#window = window;
    this.#burstMessages = 32;
    const topic = "sim.world1.entity.42";
    const frames: Buffer[] = [];
    for (let i = 0; i < this.#burstMessages; i++)
      frames.push(
        frame(
          encodeMessage(
            messageWith(
              { id: newId(), topic, type: MessageType.EVENT, schema: "arqonbus.sim.entity.v1" },
              BytesValueSchema,
              {
                value: new Uint8Array(1_024).fill(i),
              },
            ),
          ),
        ),
      );
    this.#burst = Buffer.concat(frames);
    this.#received = readers.map(() => 0);
    readers.forEach((reader, index) => {
      const count = counter(isBus);
      reader.on("data", (chunk: Buffer) => {
        this.#received[index] = (this.#received[index] as number) + count(chunk);
        this.#wake();
      });
    });
  }

  /** Connects everyone; on the bus the readers subscribe by wildcards. */
  static async connect(port: number, readers: number, isBus: boolean, window: number): Promise<Load> {
    const sockets: Socket[] = [];
    for (let i = 0; i < readers; i++) {
      const socket = await join(port, "/read", isBus);
      if (isBus) {
        await ask(socket, { case: "subscribe", value: { subscription: 1, filter: "sim.*.entity.>" } });
        await ask(socket, { case: "subscribe", value: { subscription: 2, filter: "bench.other.topic" } });
      }
      sockets.push(socket);
    }
    return new Load(await join(port, "/publish", isBus), sockets, isBus, window);
  }

  /** Publishes `messages` and waits until every reader has them all. */
  async run(messages: number): Promise<LoadResult> {
    const started = systemClock.monotonicMs();
    this.#received.fill(0);
    let sent = 0;
    while (sent < messages) {
      const slowest = Math.min(...this.#received);
      if (sent - slowest + this.#burstMessages > this.#window) {
        await this.#progress();
        continue;
      }
      sent += this.#burstMessages;
      if (!this.#publisher.write(this.#burst)) await once(this.#publisher, "drain");
    }
    while (Math.min(...this.#received) < sent) await this.#progress();
    const seconds = (systemClock.monotonicMs() - started) / 1000;
    if (this.#received.some((count) => count !== sent)) throw new Error("a reader got messages twice");
    return { deliveries: sent * this.#readers.length, seconds };
  }

  close(): void {
    for (const socket of [this.#publisher, ...this.#readers]) socket.destroy();
  }

  #progress(): Promise<void> {
    return new Promise((done) => {
      this.#wake = done;
    });
  }
}

/** Counts the binary frames in a stream of bytes, by their lengths; the first is checked to be a message of ours. */
function counter(isBus: boolean): (chunk: Buffer) => number {
  let skip = 0;
  let rest = Buffer.alloc(0);
  let checked = false;
  return (chunk) => {
    let count = 0;
    let at = skip;
    if (at >= chunk.length) {
      skip -= chunk.length;
      return 0;
    }
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    rest = Buffer.alloc(0);
    skip = 0;
    while (at < bytes.length) {
      const length = at + 1 < bytes.length ? (bytes[at + 1] as number) : 127;
      const head = length < 126 ? 2 : 4;
      if (at + head > bytes.length) {
        rest = Buffer.from(bytes.subarray(at));
        return count;
      }
      const payload = length < 126 ? length : bytes.readUInt16BE(at + 2);
      if (bytes[at] === 0x82) {
        count++;
        if (!checked && at + head + payload <= bytes.length) {
          checked = true;
          const message = decodeMessage(bytes.subarray(at + head, at + head + payload));
          if (message.topic !== "sim.world1.entity.42" || (isBus && message.sequence === 0n))
            throw new Error(`not the message that was sent: ${message.topic}`);
        }
      }
      at += head + payload;
    }
    skip = at - bytes.length;
    return count;
  };
}
