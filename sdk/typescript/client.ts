/** The client: one connection to one Reality of one bus. */
import { ArqonError, type JsonObject, requireUuidv7 } from "@arqon/core/base";
import { type ArqonMessage, Durability, encodeMessage, MessageType, requireTopic } from "@arqon/core/wire";
import { requireOneOf, requireText } from "./argument.ts";
import { type CalibrationOptions, type CalibrationResult, calibration } from "./calibration.ts";
import { type CircuitOptions, runCircuit } from "./circuit.ts";
import { type ClassifyOptions, type ClassifyResult, classify, type Samples } from "./classify.ts";
import { encodeOutgoing } from "./encode.ts";
import { type CircuitCost, type EstimateOptions, estimate } from "./estimate.ts";
import { type FetchBundleOptions, fetchBundle } from "./fetch-bundle.ts";
import { type GradientOptions, type GradientResult, gradient } from "./gradient.ts";
import { type HistoryOptions, readHistory } from "./history.ts";
import { Inbox, type RequestOptions } from "./inbox.ts";
import { JobHandle, type JobInit, jobPayload } from "./job.ts";
import { requireFrame } from "./link.ts";
import type { Message } from "./message.ts";
import { type ConnectionState, type ConnectOptions, settle } from "./options.ts";
import type { Payload } from "./payload.ts";
import {
  type CiteOptions,
  cite,
  type Lineage,
  type LineageOptions,
  lineage,
  type RunEntry,
  type RunsOptions,
  runs,
} from "./provenance.ts";
import { Publications } from "./publications.ts";
import { type ReplayOptions, type ReplayResult, replay } from "./replay.ts";
import { type Responder, type RespondOptions, respond } from "./respond.ts";
import type { RunResult } from "./run-result.ts";
import { Session } from "./session.ts";
import { type ReadStreamOptions, type StreamOptions, StreamReader, StreamWriter } from "./stream.ts";
import { type SubscribeOptions, Subscription } from "./subscription.ts";
import { Subscriptions } from "./subscriptions.ts";
import { type SweepOptions, type SweepResult, sweep } from "./sweep.ts";
import { type ValidateOptions, type ValidationResult, validate } from "./validate.ts";
import { bounded, pause, type WaitOptions } from "./wait.ts";
import { Watches } from "./watches.ts";

/** How to publish. */
export interface PublishOptions extends WaitOptions {
  /** "ephemeral" (default) is sent once and forgotten; "logged" survives the process, "synced" the machine. */
  readonly durability?: "ephemeral" | "logged" | "synced";
  /** Logical schema id of the payload. */
  readonly schema?: string;
  /** UUIDv7; publishing the same id again is suppressed by the server. */
  readonly id?: string;
  readonly replyTo?: string;
  /** W3C Trace Context: "traceparent", optionally "tracestate". */
  readonly trace?: Readonly<Record<string, string>>;
  /** Default EVENT. */
  readonly type?: MessageType;
}

/** How to send without waiting. */
export type SendOptions = Pick<PublishOptions, "schema" | "replyTo" | "trace">;

/** What is known of a publication when `publish` resolves. */
export interface Published {
  readonly id: string;
  /** Set when it was acknowledged. */
  readonly sequence?: number;
  /** Set when it was acknowledged: the id had been seen before, and `sequence` is the original one. */
  readonly duplicate?: boolean;
}

const LEVELS = {
  ephemeral: Durability.EPHEMERAL,
  logged: Durability.LOGGED,
  synced: Durability.SYNCED,
} as const;

/** Bytes on their way out above which `publish` waits. */
const HIGH_WATER_BYTES = 1024 * 1024;
/** Bytes on their way out above which `send` refuses. */
const LIMIT_BYTES = 64 * 1024 * 1024;

/** A connected client. Made by {@link connect}; close it when done, or declare it with `await using`. */
export class Client implements AsyncDisposable {
  readonly #session: Session;
  readonly #publications: Publications;
  readonly #subscriptions: Subscriptions;
  readonly #watches: Watches;
  readonly #inbox: Inbox;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
    this.#subscriptions = session.add(new Subscriptions(session));
    this.#inbox = session.add(new Inbox(session));
    this.#publications = session.add(new Publications());
    this.#watches = session.add(new Watches(session));
  }

  /** @internal */
  start(): Promise<void> {
    return this.#session.start((delivery) => {
      if (!this.#inbox.deliver(delivery)) this.#subscriptions.deliver(delivery);
    });
  }

  get state(): ConnectionState {
    return this.#session.state;
  }

  /** Where it is connected. */
  get url(): string {
    return this.#session.settings.url;
  }

  /** Who the server says this is. */
  get principal(): string {
    return this.#session.welcome.principal;
  }

  /** Changes with every connection. */
  get connectionId(): string {
    return this.#session.welcome.connectionId;
  }

  get reality(): string {
    return this.#session.welcome.reality;
  }

  /** Identity of the log; sequences compare only within an epoch. */
  get epoch(): string {
    return this.#session.welcome.epoch;
  }

  /** Sequence of the last message of the Reality when this connection was made. */
  get lastSequence(): number {
    return Number(this.#session.welcome.lastSequence);
  }

  /** Ephemeral messages the server left out because this client read too slowly; each time is told to `onError`. */
  get dropped(): number {
    return this.#session.dropped;
  }

  /**
   * Publishes a message. Ephemeral: resolves when it is handed to the connection, and is lost with it. Logged and synced:
   * resolves when the server keeps it, over as many connections as that takes, under one id.
   * @throws ArqonError `TOPIC_INVALID`, `JSON_INVALID`, `UUID_INVALID`, `WIRE_TOO_LARGE`, `CONNECTION_LOST` (ephemeral only),
   *   or the server's refusal. A refused ephemeral message is told to `onError`.
   */
  async publish(topic: string, payload: Payload, options: PublishOptions = {}): Promise<Published> {
    const { newId } = this.#session.settings;
    const { durability = "ephemeral", type = MessageType.EVENT } = options;
    const id =
      options.id === undefined ? newId() : requireUuidv7(requireText("message id", options.id), "message id");
    requireText("topic", topic);
    const outgoing = {
      ...options,
      id,
      topic,
      type,
      durability: requireOneOf("durability", durability, LEVELS),
    };
    if (this.#isFull()) await this.#drained(options.signal);
    const bytes = encodeOutgoing(outgoing, payload);
    requireFrame(bytes, Number(this.#session.welcome.maxFrameBytes));
    if (durability === "ephemeral") {
      this.#session.link.publish(bytes);
      return { id };
    }
    return this.#acknowledged(id, topic, bytes.slice(), options);
  }

  /**
   * Publishes an envelope as it stands, logged or synced: to play recorded messages again, or to say what caused one.
   * @throws ArqonError as {@link Client.publish}
   */
  async publishEnvelope(envelope: ArqonMessage, wait: WaitOptions = {}): Promise<Published> {
    const { id, topic, durability } = envelope;
    requireTopic(topic);
    requireUuidv7(id, "message id");
    if (durability !== Durability.LOGGED && durability !== Durability.SYNCED)
      throw new ArqonError("USAGE", "an envelope is published as logged or synced");
    if (this.#isFull()) await this.#drained(wait.signal);
    const bytes = encodeMessage(envelope);
    requireFrame(bytes, Number(this.#session.welcome.maxFrameBytes));
    return this.#acknowledged(id, topic, bytes, wait);
  }

  /**
   * Sends an ephemeral message and forgets it: nothing is waited for, not even room. What is sent in one turn leaves
   * in one write. {@link Client.bufferedBytes} tells what has not left yet, {@link Client.flush} when all arrived.
   * @throws ArqonError as {@link Client.publish}, and `RATE_LIMITED` when 64 MiB wait to leave.
   */
  send(topic: string, payload: Payload, options: SendOptions = {}): void {
    const { link, settings } = this.#session;
    if (link.bufferedBytes > LIMIT_BYTES)
      throw new ArqonError("RATE_LIMITED", `${link.bufferedBytes} bytes wait to leave, limit ${LIMIT_BYTES}`);
    requireText("topic", topic);
    const { schema, replyTo, trace } = options;
    const { EVENT: type } = MessageType;
    const durability = Durability.EPHEMERAL;
    const outgoing = { id: settings.newId(), topic, type, durability, schema, replyTo, trace };
    link.publish(encodeOutgoing(outgoing, payload));
  }

  /** Bytes handed over that are not yet on the network. */
  get bufferedBytes(): number {
    return this.#session.state === "open" ? this.#session.link.bufferedBytes : 0;
  }

  /**
   * Subscribes to a filter; resolves when the server confirmed it.
   * @throws ArqonError `TOPIC_INVALID`, `PERMISSION_DENIED`
   */
  subscribe(filter: string, options: SubscribeOptions = {}): Promise<Subscription> {
    return Subscription.open(this.#session, this.#subscriptions, filter, options);
  }

  /**
   * Asks whoever serves `topic`, and waits for the first reply.
   * @throws ArqonError `NO_RESPONDER`, `DEADLINE_EXCEEDED`, `CONNECTION_LOST`, or the responder's own error.
   */
  request(topic: string, payload: Payload, options: RequestOptions = {}): Promise<Message> {
    return this.#inbox.request(topic, payload, options);
  }

  /** Serves requests on a topic until the subscription returned is closed. */
  respond(topic: string, responder: Responder, options: RespondOptions = {}): Promise<Subscription> {
    return respond(this.#session, this.#subscriptions, topic, responder, options);
  }

  /**
   * Submits a job; resolves when the server keeps it.
   * @throws ArqonError `JOB_CONFLICT` when the id was used for another job, `PERMISSION_DENIED`, `TOPIC_INVALID`
   */
  async submit(topic: string, init: JobInit): Promise<JobHandle> {
    const payload = jobPayload(requireText("topic", topic), init);
    const { id, trace, timeoutMs, signal } = init;
    const published = await this.publish(topic, payload, {
      schema: init.schema,
      type: MessageType.JOB,
      durability: "synced",
      ...(id && { id }),
      ...(trace && { trace }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(signal && { signal }),
    });
    return new JobHandle(this.#session, this.#watches, published.id, published);
  }

  /** A handle of a job submitted earlier. */
  job(id: string): JobHandle {
    return new JobHandle(this.#session, this.#watches, requireUuidv7(requireText("job id", id), "job id"));
  }

  /** Runs an OpenQASM 2 circuit and waits for its counts. */
  runCircuit(qasm: string, options: CircuitOptions = {}): Promise<RunResult> {
    return runCircuit(this, this.#session.settings.entropy, qasm, options);
  }

  /** What running a circuit would cost, on which engine and why; nothing is run. */
  estimate(qasm: string, options: EstimateOptions = {}): Promise<CircuitCost> {
    return estimate(this, qasm, options);
  }

  /** Runs a sealed artifact again and compares. */
  replay(artifactId: string, options: ReplayOptions = {}): Promise<ReplayResult> {
    return replay(this, artifactId, options);
  }

  /** Derivatives of an expectation value by the parameter-shift rule, sealed as a Gradient. */
  gradient(qasm: string, options: GradientOptions): Promise<GradientResult> {
    return gradient(this, qasm, options);
  }

  /** Learns classes from samples with quantum circuits, beside a classical control. */
  classify(samples: Samples, options: ClassifyOptions = {}): Promise<ClassifyResult> {
    return classify(this, samples, options);
  }

  /** Judges a sealed run by declared constraints (`schemas/constraints.v1`), sealed as a Validation. */
  validate(
    artifactId: string,
    constraints: JsonObject | readonly JsonObject[],
    options: ValidateOptions = {},
  ): Promise<ValidationResult> {
    return validate(this, artifactId, constraints, options);
  }

  /** Seals what a simulated device is (`schemas/calibration.v1`); runs on it stand under it. */
  calibration(values: JsonObject, options: CalibrationOptions = {}): Promise<CalibrationResult> {
    return calibration(this, values, options);
  }

  /** Runs a job for every point of a grid or list, a few at a time; the rows keep the order of the points. */
  sweep(options: SweepOptions): Promise<SweepResult> {
    return sweep(this, this.#session.settings.newId, options);
  }

  /** Starts a stream: one long thing in many messages, counted and hashed. */
  openStream(topic: string, options: StreamOptions = {}): Promise<StreamWriter> {
    return StreamWriter.open(this, topic, this.#session.settings.newId, options);
  }

  /** Waits for a stream to start, and reads it. */
  readStream(filter: string, options: ReadStreamOptions = {}): Promise<StreamReader> {
    return StreamReader.open(this, filter, options);
  }

  /** Logged messages in sequence order, page by page. */
  history(options: HistoryOptions = {}): AsyncGenerator<Message, void, undefined> {
    return readHistory(this.#session, options);
  }

  /** The canonical ZIP of an artifact, as `verifyBundle` takes it. @throws ArqonError `ARTIFACT_UNKNOWN` */
  fetchBundle(artifactId: string, options: FetchBundleOptions = {}): Promise<Uint8Array> {
    return fetchBundle(this, artifactId, options);
  }

  /** The newest sealed records, those that bear every tag asked for. */
  runs(options: RunsOptions = {}): Promise<RunEntry[]> {
    return runs(this, options);
  }

  /** What an artifact came from, and what came of it. */
  lineage(artifactId: string, options: LineageOptions = {}): Promise<Lineage> {
    return lineage(this, artifactId, options);
  }

  /** An entry for a bibliography. */
  cite(artifactId: string, options: CiteOptions = {}): Promise<string> {
    return cite(this, artifactId, options);
  }

  /** Waits for a round trip to the server, over a restored connection if need be: all that was sent before it arrived. */
  async flush(wait: WaitOptions = {}): Promise<void> {
    const { clock, timer } = this.#session.settings;
    // What waits for credit has not been sent yet.
    while (this.#session.state === "open" && this.#session.link.heldBytes > 0)
      await pause(timer, 5, wait.signal);
    const sentUnixUs = BigInt(clock.nowUs());
    await this.#session.ask({ case: "ping", value: { sentUnixUs } }, "pong", wait);
  }

  /** Ends the connection and everything that waits on it, with `CANCELLED`. Subscriptions end without an error. */
  async close(): Promise<void> {
    this.#session.close(new ArqonError("CANCELLED", "the client was closed"));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal what an operator needs beyond the public calls. */
  get internals(): { subscriptions: Subscriptions; publications: Publications } {
    return { subscriptions: this.#subscriptions, publications: this.#publications };
  }

  /** Sends a message until the server keeps it. */
  async #acknowledged(
    id: string,
    topic: string,
    bytes: Uint8Array,
    options: WaitOptions,
  ): Promise<Published> {
    const { timer, timeoutMs } = this.#session.settings;
    const wait = { timeoutMs, ...options };
    const entry = this.#publications.publish(id, bytes, this.#session.keeping);
    const what = `the acknowledgement on "${topic}"`;
    const ack = await bounded(timer, entry.outcome.promise, wait, what).catch((thrown) => {
      this.#publications.forget(entry);
      throw thrown;
    });
    return { id, sequence: Number(ack.sequence), duplicate: ack.duplicate };
  }

  #isFull(): boolean {
    return this.#session.state === "open" && this.#session.link.bufferedBytes > HIGH_WATER_BYTES;
  }

  async #drained(signal: AbortSignal | undefined): Promise<void> {
    while (this.#isFull()) await pause(this.#session.settings.timer, 5, signal);
  }
}

/**
 * Connects to a bus.
 * @throws ArqonError `SERVER_UNREACHABLE`, `AUTH_REQUIRED`, `WIRE_VERSION`, `PERMISSION_DENIED`
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const client = new Client(new Session(settle(options)));
  await client.start();
  return client;
}
