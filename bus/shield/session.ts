/** One connection: upgrade, hello, then messages and operations until it ends. */
import { ArqonError, type Cancel, isUuidv7 } from "@arqon/core/base";
import {
  decodeMessage,
  type EnvelopeHeader,
  errorInfo,
  type Hello,
  MessageType,
  OpSchema,
  payloadOf,
  type Sam,
  scanEnvelope,
} from "@arqon/core/wire";
import { closeCodeOf, constantStamp, type Kernel, type Press } from "../kernel/index.ts";
import { classOf } from "../metrics/index.ts";
import {
  BUS_PRINCIPAL,
  DEFAULT_REALITY,
  Outbox,
  type OutboxEvents,
  type Port,
  type Principal,
  type Reality,
} from "../spine/index.ts";
import type { ShieldContext } from "./context.ts";
import { agreedFeatures } from "./features.ts";
import type { Beating } from "./heartbeats.ts";
import { admitHello, leave, readHello, welcome } from "./hello.ts";
import type { ByteStream, StreamHandler } from "./net.ts";
import { errorNotice, lossNotice, refusedId } from "./notices.ts";
import { openTransport } from "./open-transport.ts";
import { operate } from "./operations.ts";
import { Permissions } from "./permissions.ts";
import { takePlain } from "./plain.ts";
import { Questions } from "./questions.ts";
import { limitRates, type Rates } from "./rates.ts";
import { revoke } from "./revoke.ts";
import type { Carried, Form, Transport } from "./transport.ts";
import { openWindows, type Windows } from "./windows.ts";

/** Time a peer has to answer a close frame. */
const CLOSE_GRACE_MS = 1_000;
const NOTHING = new Uint8Array(0);
const nothingToCancel = (): void => {};

type State = "upgrade" | "hello" | "opening" | "open" | "closing" | "closed";

/** A connection from its first byte to its last. */
export class Session implements Port, StreamHandler, Carried, Beating {
  readonly id: string;
  stamp: Uint8Array = NOTHING;
  sam: Sam | undefined;
  takesAckRanges = false;
  client = "";
  reality: Reality | undefined;
  readonly #context: ShieldContext;
  readonly #stream: ByteStream;
  readonly #outbox: Outbox;
  readonly #transport: Transport;
  #permissions: Permissions | undefined;
  #state: State = "upgrade";
  #bearer: string | undefined;
  /** Messages that came while the Reality was being opened. */
  readonly #early: Uint8Array[] = [];
  #pauses = 0;
  /** Made with the first question. */
  #questions: Questions | undefined;
  #overflowed = false;
  #departed = false;
  #heardMs: number;
  #beats = 0;
  #rates: Rates | undefined;
  /** What the queues of deliveries tell. */
  readonly #events: OutboxEvents = {
    dropped: (messages) => this.#tellDropped(messages),
    overflow: () => this.#overflow(),
    roomy: () => this.#context.turn.atEnd(() => this.reality?.feed(this)),
  };
  /** Present where credit was agreed. */
  #windows: Windows | undefined;
  #cancelTimeout: Cancel;
  #leaveWheel: (() => void) | undefined;

  constructor(stream: ByteStream, context: ShieldContext, form: Form) {
    const { limits, clock, turn } = context;
    this.id = context.newId();
    this.#context = context;
    this.#stream = stream;
    this.#heardMs = clock.monotonicMs();
    this.#outbox = new Outbox(stream, turn, limits.outboundBytes, this.#events);
    if (form === "records") this.#state = "hello";
    this.#transport = openTransport(form, context, stream, this.#outbox, this);
    this.#cancelTimeout = context.timer.after(limits.helloTimeoutMs, () =>
      this.fail(new ArqonError("WIRE_PROTOCOL", `no hello within ${limits.helloTimeoutMs} ms`)),
    );
    stream.handler = this;
    context.sessions.add(this);
  }

  get principal(): Principal {
    return this.#permissions?.principal ?? NOBODY;
  }

  /** Of its TLS; undefined without. */
  get keyExchange(): string | undefined {
    return this.#stream.security?.group;
  }

  /** Messages left out because the client read too slowly. */
  get dropped(): number {
    return this.#outbox.droppedInAll + (this.#windows?.deliveries.droppedInAll ?? 0);
  }

  // ── bytes in ──

  data(chunk: Uint8Array): void {
    if (this.#state === "closed") return;
    this.#heardMs = this.#context.clock.monotonicMs();
    try {
      this.#transport.take(chunk);
    } catch (thrown) {
      // What follows cannot be read any more, not even the peer's close frame: there is nothing to wait for.
      this.#transport.stop();
      this.fail(ArqonError.from(thrown));
      this.#outbox.flush();
      if (this.#outbox.bytes === 0) this.#hangUp();
    }
  }

  drain(): void {
    this.#outbox.drained();
  }

  closed(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#cancelTimeout();
    this.#transport.stop();
    this.#context.meter.dropped += this.dropped;
    this.#outbox.close();
    this.#windows?.deliveries.close();
    this.#context.sessions.delete(this);
    if (this.#permissions) leave(this.#permissions.principal, this.#context);
    this.#depart();
  }

  opened(bearer: string | undefined): void {
    this.#bearer = bearer;
    this.#state = "hello";
  }

  turnedAway(error: ArqonError | undefined): void {
    if (error) this.#refused(error);
    this.#hangUp();
  }

  message(bytes: Uint8Array): void {
    if (this.#state === "open") this.#take(bytes);
    else if (this.#state === "hello") this.#hello(bytes);
    else if (this.#state === "opening") this.#early.push(Buffer.from(bytes));
  }

  leaving(code: number): void {
    if (this.#state !== "closing") this.#sendClose(code === 1005 ? 1000 : code, "");
    this.#hangUp();
  }

  // ── hello ──

  #hello(bytes: Uint8Array): void {
    const { corr, hello } = readHello(bytes);
    const identities = this.#stream.security?.identities ?? [];
    try {
      const { principal, proof } = admitHello(hello, this.#bearer, identities, this.#context);
      this.#permissions = new Permissions(principal, this.id, proof);
    } catch (thrown) {
      this.fail(ArqonError.from(thrown), corr);
      return;
    }
    this.#bearer = undefined;
    this.client = hello.client.slice(0, 128);
    this.sam = hello.sam;
    this.#state = "opening";
    // From here on it is the server that takes its time: a long log is read before the first client is welcomed.
    this.#cancelTimeout();
    this.#cancelTimeout = nothingToCancel;
    this.pause();
    const { spine } = this.#context;
    spine.join(hello.reality || DEFAULT_REALITY, this.principal, this.#permissions.mayMakeRealities).then(
      (reality) => this.#welcome(reality, corr, hello),
      (thrown) => this.fail(ArqonError.from(thrown), corr),
    );
  }

  #welcome(reality: Reality, corr: bigint, hello: Hello): void {
    if (this.#state !== "opening") return;
    const { limits, clock, heartbeats } = this.#context;
    this.stamp = constantStamp(this.principal.id, reality.name);
    this.reality = reality;
    this.#state = "open";
    this.resume();
    this.#leaveWheel = heartbeats.add(this);
    this.#transport.maxMessageBytes = limits.frameBytes;
    this.#rates = limitRates(limits, clock.monotonicMs());
    const features = agreedFeatures(hello, this.#transport.canPack);
    this.takesAckRanges = features.has("ack-ranges");
    this.#outbox.slowConsumer = reality.laws.slowConsumer;
    if (features.has("credit")) {
      const queues = { transport: this.#transport, outbox: this.#outbox, events: this.#events };
      const windowed = { port: this, reality, ...queues, pauses: () => this.#pauses };
      this.#windows = openWindows(windowed, hello, this.#context);
    }
    reality.send(this, corr, welcome(this.id, this.principal, reality, features, this.#context));
    if (features.has("packing")) this.#transport.pack();
    this.#context.onPresence(this, true);
    try {
      for (const bytes of this.#early.splice(0)) this.message(bytes);
    } catch (thrown) {
      this.fail(ArqonError.from(thrown));
    }
  }

  // ── messages ──

  plain(form: Form, at: number, end: number): number {
    const kernel = this.#context.press.kernel as Kernel;
    const lane = this.#state === "open" ? this.reality?.lane : undefined;
    const chunk = { form, at, end, mostBytes: this.#transport.maxMessageBytes };
    return takePlain(kernel, lane, chunk, this, this.#rates, this.#windows, this.#heardMs);
  }

  #take(bytes: Uint8Array): void {
    const reality = this.reality as Reality;
    const permissions = this.#permissions as Permissions;
    let header: EnvelopeHeader | undefined;
    try {
      header = scanEnvelope(bytes);
      this.#context.meter.in.add(classOf(header.topic), 1, bytes.length);
      this.#rates?.take(bytes.length, this.#context.clock.monotonicMs());
      const { topic, type } = header;
      if (type === MessageType.CONTROL && topic.startsWith("sys.session.")) {
        this.#operate(bytes);
        return;
      }
      this.#windows?.publications.took(1, bytes.length);
      if (!isUuidv7(header.id))
        throw new ArqonError("UUID_INVALID", `a message on "${topic}" has no UUIDv7 as its id`);
      if (!permissions.known(topic, type)) permissions.requirePublish(topic, type);
      const isJob = type === MessageType.JOB || type === MessageType.JOB_RESULT;
      reality.publish(this, isJob ? Buffer.from(bytes) : bytes, header);
    } catch (thrown) {
      const error = ArqonError.from(thrown);
      if (error.kind.close !== undefined) throw error;
      this.#refused(error, header?.topic ?? "");
      reality.refuse(this, header?.id ?? refusedId(bytes), error);
    }
  }

  #operate(bytes: Uint8Array): void {
    const op = payloadOf(decodeMessage(Buffer.from(bytes)), OpSchema);
    const reality = this.reality as Reality;
    if (op.op.case === "credit") {
      this.#windows?.deliveries.grant(op.op.value.messages, op.op.value.bytes);
      return;
    }
    this.#questions ??= new Questions(this, () => this.#state === "open");
    const { inTurn } = this.#questions;
    this.#questions.ask(() =>
      operate(this, reality, this.#permissions as Permissions, op, inTurn).catch((thrown) => {
        if (this.#state !== "open") return;
        const error = ArqonError.from(thrown);
        this.#refused(error);
        reality.send(this, op.corr, { case: "error", value: errorInfo(error) });
      }),
    );
  }

  // ── out ──

  deliver(press: Press, droppable: boolean): void {
    if (this.#state !== "open" || this.#overflowed) return;
    if (this.#windows) this.#windows.deliveries.deliver(press, droppable);
    else this.#transport.send(press, droppable);
  }

  tell(press: Press): void {
    if (this.#state === "open" && !this.#overflowed) this.#transport.send(press, false);
  }

  /** Ends at the end of the turn: the press still holds what is being delivered to others. */
  #overflow(): void {
    this.#overflowed = true;
    const { outboundBytes } = this.#context.limits;
    const error = new ArqonError("SLOW_CONSUMER", `more than ${outboundBytes} bytes wait to be read`);
    this.#context.turn.atEnd(() => this.fail(error));
  }

  hasRoom(): boolean {
    return this.#state === "open" && this.#outbox.hasRoom() && (this.#windows?.deliveries.hasRoom() ?? true);
  }

  pause(): void {
    if (this.#pauses++ === 0) this.#stream.pause();
  }

  resume(): void {
    if (--this.#pauses === 0) this.#stream.resume();
    this.#windows?.publications.refill();
  }

  beat(): void {
    const { limits, clock } = this.#context;
    const silentMs = clock.monotonicMs() - this.#heardMs;
    if (this.#pauses === 0 && silentMs > 2.5 * limits.heartbeatMs)
      this.fail(new ArqonError("HEARTBEAT_LOST", `nothing was heard for ${Math.round(silentMs)} ms`));
    else if (this.#beats++ % 2 === 0) this.#transport.probe();
  }

  /** The access table has changed. */
  reconsider(): void {
    const permissions = this.#permissions;
    if (permissions === undefined || this.#state === "closing") return;
    const error = revoke(this, this.reality, permissions);
    if (error) this.fail(error);
  }

  #tellDropped(messages: number): void {
    this.#context.press.ready(lossNotice(this.#context.newId(), messages));
    this.#transport.send(this.#context.press, false);
  }

  // ── the end ──

  /** Announces that the server will close the connection. */
  goAway(reason: string, drainMs: number): void {
    if (this.#state === "open") this.reality?.send(this, 0n, { case: "goAway", value: { reason, drainMs } });
  }

  /** Says why, closes with the error's code, and hangs up. */
  fail(error: ArqonError, corr = 0n): void {
    if (this.#state === "closing" || this.#state === "closed") return;
    if (error.code !== "SHUTTING_DOWN") this.#refused(error);
    if (this.#state !== "upgrade") {
      const { press, newId } = this.#context;
      press.ready(errorNotice(newId(), corr, error));
      if (error.code !== "SLOW_CONSUMER") this.#transport.send(press, false);
      this.#sendClose(closeCodeOf(error), error.code);
      this.#cancelTimeout();
      if (!this.#transport.answersGoodbye) this.#hangUp();
      else this.#cancelTimeout = this.#context.timer.after(CLOSE_GRACE_MS, () => this.#hangUp());
    } else this.#hangUp();
  }

  #sendClose(code: number, reason: string): void {
    this.#state = "closing";
    this.#transport.goodbye(code, reason);
    this.#depart();
  }

  /** Takes part no more: what it held is given to others at once, however long the peer takes to close. */
  #depart(): void {
    if (this.#departed || this.reality === undefined) return;
    this.#departed = true;
    this.#leaveWheel?.();
    this.reality.drop(this);
    this.#context.onPresence(this, false);
  }

  #hangUp(): void {
    this.#state = "closing";
    this.#depart();
    this.#transport.stop();
    this.#outbox.flush();
    this.#stream.end();
    this.#cancelTimeout();
    this.#cancelTimeout = this.#context.timer.after(CLOSE_GRACE_MS, () => this.#stream.destroy());
  }

  /** @param topic  of a publication, which its Reality counts. */
  #refused(error: ArqonError, topic?: string): void {
    const { clock, audit, meter } = this.#context;
    const { code, message } = error;
    if (topic === undefined) meter.refused(code);
    const who = { connection: this.id, principal: this.principal.id, topic: topic ?? "" };
    audit.write({ atUnixUs: clock.nowUs(), code, message, ...who });
  }
}

const NOBODY: Principal = { ...BUS_PRINCIPAL, id: "", trusted: false };
