/** A small outside client on the `ws` package and a bus in memory, for the tests of this wing. */
import { systemClock, systemEntropy, systemTimer, uuidv7Generator } from "@arqon/core/base";
import {
  type ArqonMessage,
  decodeMessage,
  encodeMessage,
  MessageType,
  messageWith,
  type Op,
  type OpInit,
  OpSchema,
  opMessage,
  payloadOf,
  StringValueSchema,
  SUBPROTOCOL,
} from "@arqon/core/wire";
import { WebSocket } from "ws";
import type { Engine } from "./engine/index.ts";
import { faultEngine } from "./engine/index.ts";
import { AccessTable, type Bus, type BusOptions, hashApiKey, nodeNet, startBus } from "./front.ts";

export const newId: () => string = uuidv7Generator(systemClock, systemEntropy);

/** Keys "key-<id>": "lab" may do everything, "guest" little, "sealer" is trusted. */
export function testAccess(): AccessTable {
  const all = ["can_publish:>", "can_subscribe:>", "can_execute:>"];
  const entry = (id: string, trusted: boolean, capabilities: string[]) => ({
    principal: { id, tenant: "t", trusted, capabilities },
    keyHashes: [hashApiKey(`key-${id}`)],
  });
  return new AccessTable([
    entry("lab", false, all),
    entry("other", false, all),
    entry("sealer", true, all),
    entry("guest", false, ["can_publish:guest.>", "can_subscribe:guest.>"]),
  ]);
}

/** A bus on a free port; in memory unless an engine is given. */
export function testBus(options: Partial<BusOptions> & { engine?: Engine } = {}): Promise<Bus> {
  return startBus({
    engine: options.engine ?? faultEngine(1, systemTimer()),
    net: nodeNet,
    clock: systemClock,
    timer: systemTimer(),
    entropy: systemEntropy,
    access: testAccess(),
    ...options,
  });
}

/** What a client received, in order. */
export class TestClient {
  readonly socket: WebSocket;
  readonly messages: ArqonMessage[] = [];
  connectionId = "";
  closeCode: number | undefined;
  #corr = 0n;
  #waiting: (() => void)[] = [];

  private constructor(url: string, protocol: string | undefined, headers: Record<string, string>) {
    this.socket = new WebSocket(url, protocol, { headers, perMessageDeflate: false });
    this.socket.binaryType = "nodebuffer";
    this.socket.on("message", (data) => {
      this.messages.push(decodeMessage(data as Buffer));
      this.#wake();
    });
    this.socket.on("close", (code) => {
      this.closeCode = code;
      this.#wake();
    });
    this.socket.on("error", () => {});
  }

  /** Opens the socket without saying hello. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<TestClient> {
    const client = new TestClient(url, SUBPROTOCOL, headers);
    await new Promise<void>((done, fail) => {
      client.socket.once("open", done);
      client.socket.once("error", fail);
    });
    return client;
  }

  /** Connects as the principal whose key is `key-<id>`. */
  static async connect(url: string, id = "lab", hello: Record<string, unknown> = {}): Promise<TestClient> {
    const client = await TestClient.open(url);
    const op = await client.ask({
      case: "hello",
      value: { versionMin: 1, versionMax: 1, client: "test", apiKey: `key-${id}`, reality: "main", ...hello },
    });
    if (op.op.case !== "welcome") throw new Error(`no welcome but ${op.op.case}`);
    client.connectionId = op.op.value.connectionId;
    return client;
  }

  send(message: ArqonMessage): void {
    this.socket.send(encodeMessage(message));
  }

  /** Sends an operation. Returns the number its answers carry. */
  request(op: OpInit): bigint {
    const corr = ++this.#corr;
    this.send(opMessage(newId(), corr, op));
    return corr;
  }

  /** Sends an operation and waits for its answer. */
  async ask(op: OpInit): Promise<Op> {
    const corr = this.request(op);
    return this.op((answer) => answer.corr === corr);
  }

  /** Publishes a text. Returns the message id. */
  publish(topic: string, text: string, init: Partial<ArqonMessage> = {}): string {
    const id = init.id ?? newId();
    const { payload: _, $typeName: __, $unknown: ___, ...rest } = init;
    this.send(
      messageWith({ type: MessageType.EVENT, ...rest, id, topic }, StringValueSchema, { value: text }),
    );
    return id;
  }

  async subscribe(subscription: number, filter: string, queueGroup = "", maxInFlight = 0): Promise<Op> {
    return this.ask({ case: "subscribe", value: { subscription, filter, queueGroup, maxInFlight } });
  }

  /** The next message that fits and was not taken before, removed from the list. */
  async next(fits: (message: ArqonMessage) => boolean): Promise<ArqonMessage> {
    for (;;) {
      const at = this.messages.findIndex(fits);
      if (at >= 0) return this.messages.splice(at, 1)[0] as ArqonMessage;
      if (this.closeCode !== undefined) throw new Error(`closed with ${this.closeCode}`);
      await new Promise<void>((done) => this.#waiting.push(done));
    }
  }

  /** The next operation that fits. */
  async op(fits: (op: Op) => boolean): Promise<Op> {
    const message = await this.next(
      (one) =>
        one.type === MessageType.CONTROL &&
        one.topic.startsWith("sys.session.") &&
        fits(payloadOf(one, OpSchema)),
    );
    return payloadOf(message, OpSchema);
  }

  /** The next message on a topic. */
  on(topic: string): Promise<ArqonMessage> {
    return this.next((message) => message.topic === topic);
  }

  /** Resolves with the close code. */
  async closed(): Promise<number> {
    while (this.closeCode === undefined) await new Promise<void>((done) => this.#waiting.push(done));
    return this.closeCode;
  }

  close(): void {
    this.socket.close();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) call();
  }
}

/** The text of a message. */
export function textOf(message: ArqonMessage): string {
  return payloadOf(message, StringValueSchema).value;
}
