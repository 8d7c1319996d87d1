/** A server in memory, for the SDK's own tests: time stands still until moved, and connections break when told. */
import { ManualTime, uuidv7Generator } from "@arqon/core/base";
import {
  type ArqonMessage,
  ArqonMessageSchema,
  create,
  Durability,
  decodeMessage,
  encodeMessage,
  filterMatches,
  type HistoryGet,
  type JobResult,
  JobResultSchema,
  JobSchema,
  type MessageInitShape,
  MessageType,
  messageWith,
  type OpCase,
  type OpInit,
  OpSchema,
  opMessage,
  PublishAckSchema,
  payloadOf,
} from "@arqon/core/wire";
import type { ConnectOptions } from "./options.ts";
import type { WebSocketLike } from "./socket.ts";

type JobCapsule = NonNullable<MessageInitShape<typeof JobSchema>["capsule"]>;

/** The server's side of one connection, which is also the socket the SDK sees. */
export class FakeConnection implements WebSocketLike {
  binaryType: string = "";
  bufferedAmount: number = 0;
  onopen: ((event: never) => unknown) | null = null;
  onmessage: ((event: never) => unknown) | null = null;
  onclose: ((event: never) => unknown) | null = null;
  onerror: ((event: never) => unknown) | null = null;
  readonly subscriptions: Map<number, string> = new Map();
  isOpen = true;
  readonly #server: FakeServer;

  constructor(server: FakeServer) {
    this.#server = server;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    const message = decodeMessage(data.slice());
    queueMicrotask(() => this.isOpen && this.#server.received(this, message));
  }

  close(code = 1000, reason = ""): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    queueMicrotask(() => this.onclose?.({ code, reason } as never));
  }

  /** Sends bytes to the SDK. */
  deliver(message: ArqonMessage): void {
    const { buffer } = encodeMessage(message);
    queueMicrotask(() => this.isOpen && this.onmessage?.({ data: buffer } as never));
  }

  op(corr: bigint, op: OpInit): void {
    this.deliver(opMessage("", corr, op));
  }
}

/** Answers hello, subscriptions and publications; everything else through `answer`. */
export class FakeServer {
  readonly time: ManualTime = new ManualTime();
  readonly connections: FakeConnection[] = [];
  readonly published: ArqonMessage[] = [];
  /** Logged messages, in order of their sequence. */
  readonly log: ArqonMessage[] = [];
  readonly heard: OpCase[] = [];
  /** Requests for history that wait for {@link FakeServer.answerHistory}. */
  readonly wanted: { connection: FakeConnection; corr: bigint; get: HistoryGet }[] = [];
  readonly newId: () => string = uuidv7Generator(this.time, (bytes) => new Uint8Array(bytes));
  refusing = false;
  acknowledges = true;
  heartbeatMs = 0;
  /** Optional behaviour it agrees to. */
  features: readonly string[] = [];
  sequence = 0;
  readonly #uncommitted: ArqonMessage[] = [];
  /** Answers operations the server does not know itself. */
  answer: (connection: FakeConnection, corr: bigint, op: OpCase) => void = () => {};

  /** Options to connect with. */
  options(more: ConnectOptions = {}): ConnectOptions {
    return {
      url: "ws://localhost",
      apiKey: "key",
      clock: this.time,
      timer: this.time,
      entropy: (bytes) => new Uint8Array(bytes),
      openSocket: () => this.#open(),
      ...more,
    };
  }

  get connection(): FakeConnection {
    const last = this.connections.at(-1);
    if (!last) throw new TypeError("nobody connected");
    return last;
  }

  /** Lets everything happen that waits for nothing but its turn. */
  async settle(): Promise<void> {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Breaks the newest connection. */
  cut(code = 1006, reason = ""): void {
    this.connection.close(code, reason);
  }

  /** Gives an ephemeral message to whoever is subscribed. */
  emit(topic: string): void {
    this.#deliver(this.#message(topic, Durability.EPHEMERAL));
  }

  /** Takes a message on its way to the log: it has its number, and {@link FakeServer.commit} makes it seen. */
  append(topic: string): void {
    this.#uncommitted.push(this.#message(topic, Durability.LOGGED));
  }

  /** Puts the oldest message on its way into the log, and delivers it. */
  commit(): void {
    const message = this.#uncommitted.shift();
    if (!message) return;
    this.log.push(message);
    this.#deliver(message);
  }

  #message(topic: string, durability: Durability): ArqonMessage {
    const sequence = BigInt(++this.sequence);
    return create(ArqonMessageSchema, { topic, sequence, durability, type: MessageType.EVENT });
  }

  #deliver(message: ArqonMessage): void {
    const { topic } = message;
    for (const connection of this.connections)
      if (connection.isOpen && [...connection.subscriptions.values()].some((f) => filterMatches(f, topic)))
        connection.deliver(message);
  }

  /** Leases a job to whoever subscribed to `topic`. */
  lease(topic: string, attempt = 1, leaseMs = 30_000, capsule: JobCapsule = {}): string {
    const id = this.newId();
    const subscription = [...this.connection.subscriptions].find(([, filter]) => filter === topic)?.[0] ?? 0;
    const leaseUntilUnixUs = BigInt(this.time.nowUs() + leaseMs * 1000);
    const init = { id, topic, type: MessageType.JOB, attempt, subscription, leaseUntilUnixUs };
    this.connection.deliver(messageWith(init, JobSchema, { capsule }));
    return id;
  }

  /** The results operators have published. */
  get results(): JobResult[] {
    return this.published
      .filter(({ type }) => type === MessageType.JOB_RESULT)
      .map((m) => payloadOf(m, JobResultSchema));
  }

  /** Operations of one kind that were heard. */
  asked(kind: OpCase["case"]): OpCase[] {
    return this.heard.filter((op) => op.case === kind);
  }

  /** Answers the oldest request for history with at most `most` messages. Returns whether there was one. */
  answerHistory(most = 2): boolean {
    const wanted = this.wanted.shift();
    if (!wanted) return false;
    const { fromSequence, filter } = wanted.get;
    const found = this.log.filter((m) => m.sequence >= fromSequence && filterMatches(filter, m.topic));
    wanted.connection.op(wanted.corr, {
      case: "historyPage",
      value: {
        messages: found.slice(0, most).map(encodeMessage),
        nextSequence: found[most]?.sequence ?? 0n,
      },
    });
    return true;
  }

  received(connection: FakeConnection, message: ArqonMessage): void {
    if (message.type !== MessageType.CONTROL) {
      this.published.push(message);
      const value = create(PublishAckSchema, { messageId: message.id, sequence: BigInt(++this.sequence) });
      if (this.acknowledges && message.durability > 1) connection.op(0n, { case: "publishAck", value });
      return;
    }
    const { corr, op } = payloadOf(message, OpSchema);
    if (op.case === undefined) return;
    this.heard.push(op);
    if (op.case === "hello") this.#welcome(connection, corr);
    else if (op.case === "subscribe") {
      connection.subscriptions.set(op.value.subscription, op.value.filter);
      connection.op(corr, { case: "done", value: {} });
    } else if (op.case === "unsubscribe") {
      connection.subscriptions.delete(op.value.subscription);
      connection.op(corr, { case: "done", value: {} });
    } else if (op.case === "historyGet") this.wanted.push({ connection, corr, get: op.value });
    else this.answer(connection, corr, op);
  }

  #welcome(connection: FakeConnection, corr: bigint): void {
    const value = {
      version: 1,
      connectionId: `c${this.connections.length}`,
      principal: "tester",
      reality: "main",
      epoch: "e1",
      maxFrameBytes: 10_000n,
      heartbeatMs: this.heartbeatMs,
      serverTimeUnixUs: BigInt(this.time.nowUs()),
      lastSequence: BigInt(this.sequence),
      features: [...this.features],
      publishMessages: 1_000,
      publishBytes: 1_000_000n,
    };
    connection.op(corr, { case: "welcome", value });
  }

  #open(): WebSocketLike {
    const connection = new FakeConnection(this);
    if (this.refusing) {
      connection.close(1006);
      return connection;
    }
    this.connections.push(connection);
    queueMicrotask(() => connection.isOpen && connection.onopen?.({} as never));
    return connection;
  }
}
