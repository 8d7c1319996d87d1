/** One connection, from hello to its end: handshake, paired requests, heartbeat. It never comes back; see `session.ts`. */
import { ArqonError, type Cancel, ERRORS, type ErrorCode, isErrorCode } from "@arqon/core/base";
import {
  type ArqonMessage,
  encodeMessage,
  errorFromInfo,
  MessageType,
  type OpCase,
  type OpInit,
  OpSchema,
  opMessage,
  PROTOCOL_VERSION,
  payloadOf,
  type Welcome,
} from "@arqon/core/wire";
import { ACK_TOPIC, readAck } from "./ack.ts";
import { PublishWindow, ReceiveWindow } from "./credit.ts";
import { Delivery } from "./delivery.ts";
import { openPipe } from "./open-pipe.ts";
import type { Settings } from "./options.ts";
import type { Pipe } from "./pipe.ts";
import { bounded, type WaitOptions } from "./wait.ts";

/** Who hears what comes in. */
export interface LinkEvents {
  /** A delivery. */
  message(delivery: Delivery): void;
  /** A message that cannot be read; the next one can. */
  unreadable(error: ArqonError): void;
  /** An operation that is no answer. `dropped` ephemeral messages were left out because this client reads too slowly. */
  op(op: OpCase, dropped: number): void;
  /** The connection ended, once, and why. */
  lost(error: ArqonError): void;
}

/** Optional behaviour of the wire that this client understands. */
const FEATURES = ["ack-ranges"] as const;

/** Whether connecting again cannot help: the server said no, rather than nothing or not now. */
export function isTerminal(error: ArqonError): boolean {
  return !error.kind.retry && error.code !== "INTERNAL";
}

function closeError(code: number, reason: string): ArqonError {
  const named = /^[A-Z][A-Z_]+/.exec(reason)?.[0] ?? "";
  const known = Object.keys(ERRORS).find((row) => ERRORS[row as ErrorCode].close === code);
  const row = isErrorCode(named) ? named : ((known as ErrorCode | undefined) ?? "CONNECTION_LOST");
  return new ArqonError(row, `the server closed the connection (${code})${reason && `: ${reason}`}`);
}

/** One live connection. */
export class Link {
  readonly welcome: Welcome;
  readonly #pipe: Pipe;
  readonly #settings: Settings;
  readonly #events: LinkEvents;
  readonly #asked = new Map<bigint, PromiseWithResolvers<OpCase>>();
  #corr = 1n;
  #error: ArqonError | undefined;
  readonly #maxFrameBytes: number;
  #isLeaving = false;
  /** Something came since the last heartbeat. */
  #heard = false;
  #publishing: PublishWindow | undefined;
  #receiving: ReceiveWindow | undefined;
  #heardMs: number;
  #stopHeartbeat: Cancel = () => {};

  private constructor(pipe: Pipe, welcome: Welcome, settings: Settings, events: LinkEvents) {
    this.#pipe = pipe;
    this.welcome = welcome;
    this.#settings = settings;
    this.#events = events;
    this.#maxFrameBytes = Number(welcome.maxFrameBytes);
    this.#heardMs = settings.clock.monotonicMs();
    if (welcome.features.includes("packing")) pipe.pack(this.#maxFrameBytes);
    if (welcome.features.includes("credit")) this.#openWindows();
    this.#beat();
  }

  #openWindows(): void {
    const { publishMessages: messages, publishBytes } = this.welcome;
    const window = { messages, bytes: Number(publishBytes) };
    this.#publishing = new PublishWindow(window, (bytes) => this.#pipe.send(bytes));
    const { receiveWindow } = this.#settings;
    if (!receiveWindow) return;
    this.#receiving = new ReceiveWindow(receiveWindow, (granted, bytes) => {
      if (!this.#error) this.tell({ case: "credit", value: { messages: granted, bytes: BigInt(bytes) } });
    });
  }

  /**
   * Connects and says hello.
   * @throws ArqonError `SERVER_UNREACHABLE`, or what the server answered, e.g. `AUTH_REQUIRED`.
   */
  static async open(settings: Settings, events: LinkEvents): Promise<Link> {
    const { promise, resolve, reject } = Promise.withResolvers<Link>();
    let link: Link | undefined;
    let opened = false;
    const pipe = openPipe(settings, {
      opened: () => {
        opened = true;
        pipe.send(encodeMessage(helloMessage(settings, pipe.packs)));
      },
      message: (bytes, from, to) => {
        if (link) link.#came(bytes, from, to);
        else {
          link = new Link(pipe, welcomed(new Delivery(bytes, from, to).envelope), settings, events);
          resolve(link);
        }
      },
      broken: (error) => {
        const broken = ArqonError.from(error);
        reject(broken);
        if (link) link.#end(broken);
      },
      closed: (code, reason) => {
        const error = opened
          ? closeError(code, reason)
          : new ArqonError("SERVER_UNREACHABLE", `no server answers at ${settings.url}`);
        reject(error);
        if (link) link.#end(error);
      },
    });
    const wait = { timeoutMs: settings.timeoutMs, ...(settings.signal && { signal: settings.signal }) };
    try {
      return await bounded(settings.timer, promise, wait, `connecting to ${settings.url}`);
    } catch (thrown) {
      pipe.close();
      throw thrown;
    }
  }

  /** Why it ended, once it has. */
  get error(): ArqonError | undefined {
    return this.#error;
  }

  /** The server said that it goes away: what is under way ends here, what is new waits for the next connection. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** Bytes handed over that are not yet on the network. */
  get bufferedBytes(): number {
    return this.#pipe.bufferedBytes + this.heldBytes;
  }

  /** @throws ArqonError `WIRE_TOO_LARGE` above the server's frame limit, `CONNECTION_LOST` and kin once it ended. */
  send(bytes: Uint8Array): void {
    if (this.#error) throw this.#error;
    requireFrame(bytes, this.#maxFrameBytes);
    this.#pipe.send(bytes);
  }

  /**
   * Sends a publication, where credit was agreed when there is some. @throws ArqonError as {@link Link.send}
   */
  publish(bytes: Uint8Array): void {
    if (!this.#publishing) {
      this.send(bytes);
      return;
    }
    if (this.#error) throw this.#error;
    requireFrame(bytes, this.#maxFrameBytes);
    this.#publishing.publish(bytes);
  }

  /** Bytes of publications that wait for credit. */
  get heldBytes(): number {
    return this.#publishing?.heldBytes ?? 0;
  }

  /**
   * Sends an operation and waits for its answer.
   * @throws ArqonError what the server answered, or what ended the connection or the wait.
   */
  async ask(op: OpInit, wait: WaitOptions = {}): Promise<OpCase> {
    const corr = ++this.#corr;
    const answer = Promise.withResolvers<OpCase>();
    this.send(encodeMessage(opMessage(this.#settings.newId(), corr, op)));
    this.#asked.set(corr, answer);
    const options = { timeoutMs: this.#settings.timeoutMs, ...wait };
    try {
      return await bounded(this.#settings.timer, answer.promise, options, `the answer to ${op.case}`);
    } finally {
      this.#asked.delete(corr);
    }
  }

  /** Sends an operation that has no answer. */
  tell(op: OpInit): void {
    this.send(encodeMessage(opMessage(this.#settings.newId(), 0n, op)));
  }

  /** Ends the connection; `lost` is told `error`. */
  close(error: ArqonError): void {
    this.#end(error);
    this.#pipe.close();
  }

  #came(bytes: Uint8Array, from: number, to: number): void {
    if (this.#error) return;
    this.#heard = true;
    let delivery: Delivery | undefined;
    try {
      delivery = new Delivery(bytes, from, to);
      if (isControl(delivery)) this.#operation(delivery);
      else {
        delivery.window = this.#receiving;
        this.#events.message(delivery);
      }
    } catch (thrown) {
      this.#events.unreadable(ArqonError.from(thrown));
    }
    if (this.#receiving && !delivery) this.#receiving.consumed(to - from);
    else if (delivery?.window && !delivery.isHeld) delivery.consumed();
  }

  #operation(delivery: Delivery): void {
    const ack = delivery.topic === ACK_TOPIC ? readAck(delivery) : undefined;
    if (ack) {
      this.#events.op({ case: "publishAck", value: ack }, 0);
      return;
    }
    const { corr, op } = payloadOf(delivery.envelope, OpSchema);
    if (op.case === undefined) return;
    const asked = this.#asked.get(corr);
    if (asked && corr !== 0n) {
      if (op.case === "error") asked.reject(errorFromInfo(op.value));
      else asked.resolve(op);
      if (op.case === "jobState") this.#events.op(op, 0);
    } else if (op.case === "credit") this.#publishing?.granted(op.value.messages, Number(op.value.bytes));
    else if (op.case === "ping")
      this.send(
        encodeMessage(
          opMessage(this.#settings.newId(), corr, {
            case: "pong",
            value: { sentUnixUs: op.value.sentUnixUs },
          }),
        ),
      );
    else if (op.case !== "pong") {
      if (op.case === "goAway") this.#isLeaving = true;
      this.#events.op(op, delivery.dropped);
    }
  }

  #beat(): void {
    const { timer, clock, entropy } = this.#settings;
    const everyMs = this.welcome.heartbeatMs;
    if (everyMs === 0) return;
    const [byte = 0] = entropy(1);
    this.#stopHeartbeat = timer.after(everyMs * (0.8 + (0.2 * byte) / 256), () => {
      if (this.#heard) this.#heardMs = clock.monotonicMs();
      this.#heard = false;
      const silentMs = clock.monotonicMs() - this.#heardMs;
      if (silentMs > everyMs * 2.5) {
        this.close(new ArqonError("HEARTBEAT_LOST", `nothing was heard for ${Math.round(silentMs)} ms`));
        return;
      }
      this.tell({ case: "ping", value: { sentUnixUs: BigInt(clock.nowUs()) } });
      this.#beat();
    });
  }

  #end(error: ArqonError): void {
    if (this.#error) return;
    this.#error = error;
    this.#stopHeartbeat();
    for (const asked of this.#asked.values()) asked.reject(error);
    this.#events.lost(error);
  }
}

/** @throws ArqonError `WIRE_TOO_LARGE` when the server would refuse a frame of these bytes. */
export function requireFrame(bytes: Uint8Array, limitBytes: number): void {
  if (bytes.length > limitBytes)
    throw new ArqonError("WIRE_TOO_LARGE", `the message has ${bytes.length} bytes, limit ${limitBytes}`, {
      details: { bytes: bytes.length, limitBytes },
    });
}

function isControl({ type, topic }: Delivery): boolean {
  return type === MessageType.CONTROL && topic.startsWith("sys.session.");
}

function helloMessage(settings: Settings, packs: boolean): ArqonMessage {
  const { client, apiKey, reality, sam, receiveWindow } = settings;
  return opMessage(settings.newId(), 1n, {
    case: "hello",
    value: {
      versionMin: PROTOCOL_VERSION,
      versionMax: PROTOCOL_VERSION,
      client,
      apiKey,
      reality,
      features: [...FEATURES, ...(packs ? ["packing"] : []), ...(receiveWindow ? ["credit"] : [])],
      ...(receiveWindow && {
        receiveMessages: receiveWindow.messages,
        receiveBytes: BigInt(receiveWindow.bytes),
      }),
      ...(sam && { sam }),
    },
  });
}

function welcomed(message: ArqonMessage): Welcome {
  const { op } = payloadOf(message, OpSchema);
  if (op.case === "error") throw errorFromInfo(op.value);
  if (op.case !== "welcome") throw new ArqonError("WIRE_PROTOCOL", `hello was answered by ${op.case}`);
  return op.value;
}
