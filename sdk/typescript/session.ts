/** The lasting side of a client: it keeps one connection alive and tells its parts when a new one stands. */
import { ArqonError } from "@arqon/core/base";
import { errorFromInfo, type OpCase, type OpInit, type Welcome } from "@arqon/core/wire";
import { backoffMs } from "./backoff.ts";
import type { Delivery } from "./delivery.ts";
import { isTerminal, Link } from "./link.ts";
import type { ConnectionState, Settings } from "./options.ts";
import type { Part } from "./part.ts";
import { bounded, pause, type WaitOptions } from "./wait.ts";

/** A connection that lasted this long begins its delays anew. */
const STEADY_MS = 2_000;

/** A server that announced its end takes a while to be back: its clients begin with the delay of this attempt. */
const AFTER_GO_AWAY = 2;

type OpValues = { [Each in OpCase as Each["case"]]: Each["value"] };

/** One client's connection, restored as often as its policy allows. */
export class Session {
  readonly settings: Settings;
  /** Ephemeral messages the server left out because this client read too slowly. */
  dropped: number = 0;
  readonly #parts: Part[] = [];
  #deliver: (delivery: Delivery) => void = () => {};
  #link: Link | undefined;
  #welcome: Welcome | undefined;
  #welcomedMs = 0;
  /** Restored connections in a row that did not last; their delays go on growing. */
  #unsteady = 0;
  #up: PromiseWithResolvers<Link> = ready();
  #closed: ArqonError | undefined;
  readonly #ending = new AbortController();

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** Adds a part; parts are restored in the order they were added. */
  add<P extends Part>(part: P): P {
    this.#parts.push(part);
    return part;
  }

  /** Makes the first connection. It is not repeated: a wrong address or key is told at once. */
  async start(deliver: (delivery: Delivery) => void): Promise<void> {
    this.#deliver = deliver;
    this.#stand(await this.#connect());
    this.settings.signal?.addEventListener("abort", this.#aborted, { once: true });
  }

  /** Why it is closed for good, once it is. */
  get failure(): ArqonError | undefined {
    return this.#closed;
  }

  get state(): ConnectionState {
    return this.#closed ? "closed" : this.#link ? "open" : "restoring";
  }

  /** What the server said at the newest handshake. */
  get welcome(): Welcome {
    if (!this.#welcome) throw new TypeError("the session was not started");
    return this.#welcome;
  }

  /** The server's clock, UTC microseconds, as far as the handshake told. */
  serverNowUs(): number {
    const sinceMs = this.settings.clock.monotonicMs() - this.#welcomedMs;
    return Number(this.welcome.serverTimeUnixUs) + sinceMs * 1000;
  }

  /** The connection as it is now. @throws ArqonError `CONNECTION_LOST` while there is none. */
  get link(): Link {
    if (this.#link) return this.#link;
    throw this.#closed ?? new ArqonError("CONNECTION_LOST", "the connection is being restored");
  }

  /** The connection for what is new and will be kept; undefined while there is none, or its server goes away. */
  get keeping(): Link | undefined {
    if (this.state === "restoring") return undefined;
    const { link, settings } = this;
    // Where there is no next connection, the server says itself what it does not take any more.
    return link.isLeaving && settings.reconnect !== false ? undefined : link;
  }

  /** The connection, once there is one with everything restored on it. */
  up(wait: WaitOptions = {}): Promise<Link> {
    const options = { timeoutMs: this.settings.timeoutMs, ...wait };
    return bounded(this.settings.timer, this.#up.promise, options, "the connection");
  }

  /** Asks something that may be asked again: repeats it on a new connection when the old one is lost first. */
  async ask<C extends OpCase["case"]>(op: OpInit, expected: C, wait: WaitOptions = {}): Promise<OpValues[C]> {
    const { clock, timeoutMs } = this.settings;
    const endMs = clock.monotonicMs() + (wait.timeoutMs ?? timeoutMs);
    const left = (): WaitOptions => ({ ...wait, timeoutMs: Math.max(0, endMs - clock.monotonicMs()) });
    for (;;) {
      const link = await this.up(left());
      try {
        const answer = await link.ask(op, left());
        if (answer.case !== expected)
          throw new ArqonError("WIRE_PROTOCOL", `${op.case} was answered by ${answer.case}`);
        return answer.value as OpValues[C];
      } catch (thrown) {
        // The link's own end repeats; an answer of the server, even a retryable one, is the caller's to judge.
        if (this.#link === link || this.#closed) throw thrown;
      }
    }
  }

  /** Ends everything; parts fail what still waits with `error`. */
  close(error: ArqonError): void {
    if (this.#closed) return;
    this.#closed = error;
    this.settings.signal?.removeEventListener("abort", this.#aborted);
    this.#ending.abort(error);
    this.#up.reject(error);
    this.#up = ready();
    this.#up.reject(error);
    const link = this.#link;
    this.#link = undefined;
    link?.close(error);
    for (const part of this.#parts) part.closed?.(error);
    this.settings.onState("closed", error);
  }

  readonly #aborted = (): void => {
    this.close(new ArqonError("CANCELLED", "the client was aborted"));
  };

  async #connect(): Promise<Link> {
    let link: Link | undefined;
    link = await Link.open(this.settings, {
      message: (delivery) => this.#deliver(delivery),
      unreadable: (error) => this.settings.onError(error),
      op: (op, dropped) => this.#op(op, dropped),
      lost: (error) => {
        if (link && this.#link === link) this.#lost(error, link.isLeaving);
      },
    });
    try {
      for (const part of this.#parts) await part.restore?.(link);
      return link;
    } catch (thrown) {
      const error = ArqonError.from(thrown);
      link.close(error);
      throw error;
    }
  }

  #stand(link: Link): void {
    if (link.error) throw link.error;
    this.#link = link;
    this.#welcome = link.welcome;
    this.#welcomedMs = this.settings.clock.monotonicMs();
    for (const part of this.#parts) part.stood?.(link);
    this.#up.resolve(link);
    this.settings.onState("open");
  }

  #lost(error: ArqonError, leaving: boolean): void {
    this.#link = undefined;
    if (this.settings.clock.monotonicMs() - this.#welcomedMs >= STEADY_MS) this.#unsteady = 0;
    // Everybody it sent away comes back: over a longer while.
    if (leaving) this.#unsteady = Math.max(this.#unsteady, AFTER_GO_AWAY);
    this.#up = ready();
    for (const part of this.#parts) part.lost?.(error);
    if (this.settings.reconnect === false || isTerminal(error)) {
      this.close(error);
      return;
    }
    this.settings.onState("restoring", error);
    void this.#restore();
  }

  async #restore(): Promise<void> {
    const { reconnect, timer, entropy } = this.settings;
    const policy = reconnect || {};
    for (let attempt = 0; !this.#closed; attempt++) {
      try {
        await pause(timer, backoffMs(this.#unsteady + attempt, policy, entropy), this.#ending.signal);
        const link = await this.#connect();
        this.#unsteady++;
        if (this.#closed) link.close(this.#closed);
        else this.#stand(link);
        return;
      } catch (thrown) {
        const error = ArqonError.from(thrown);
        if (isTerminal(error) || attempt + 1 >= (policy.maxAttempts ?? Number.POSITIVE_INFINITY))
          this.close(error);
      }
    }
  }

  #op(op: OpCase, dropped: number): void {
    this.dropped += dropped;
    for (const part of this.#parts) if (part.op?.(op)) return;
    if (op.case === "error") this.settings.onError(errorFromInfo(op.value));
  }
}

function ready(): PromiseWithResolvers<Link> {
  const up = Promise.withResolvers<Link>();
  up.promise.catch(() => {});
  return up;
}
