/** The listener: takes connections, keeps their limits, and lets them go. */
import { ArqonError, type Cancel } from "@arqon/core/base";
import type { BoundedAudit } from "./audit.ts";
import type { ShieldContext } from "./context.ts";
import { Heartbeats } from "./heartbeats.ts";
import { JsonFrames } from "./json-frames.ts";
import type { ByteStream, Listener, Net } from "./net.ts";
import { RecordSheets } from "./record-sheets.ts";
import { Session } from "./session.ts";
import type { Form } from "./transport.ts";

/** What a Shield is made with. */
export interface ShieldOptions
  extends Omit<
    ShieldContext,
    "heartbeats" | "jsonFrames" | "recordSheets" | "sessions" | "census" | "isReady" | "audit"
  > {
  readonly net: Net;
  readonly audit: BoundedAudit;
}

/** How often a server that drains looks whether work is left. */
const DRAIN_LOOK_MS = 20;

/** The edge of a server. */
export class Shield {
  readonly #options: ShieldOptions;
  readonly #context: ShieldContext;
  readonly #listeners: Listener[] = [];
  #ready = true;
  readonly #stopWatching: Cancel;

  constructor(options: ShieldOptions) {
    this.#options = options;
    this.#context = {
      ...options,
      heartbeats: new Heartbeats(options, options.limits.heartbeatMs),
      jsonFrames: new JsonFrames(options.turn, options.newId),
      recordSheets: new RecordSheets(options.turn),
      sessions: new Set(),
      census: new Map(),
      isReady: () => this.#ready,
    };
    this.#stopWatching = options.access.onChange(() => {
      for (const session of [...this.#context.sessions]) session.reconsider();
    });
  }

  /**
   * Starts listening for WebSockets, or for records on bare TCP; on another network than the first where one is given.
   * Returns the port taken.
   */
  async listen(
    host: string,
    port: number,
    net: Net = this.#options.net,
    form: Form = "frames",
  ): Promise<number> {
    const { sessions, limits, press } = this.#context;
    const accept = (stream: ByteStream): void => {
      // Those over the limit get an answer, unless they come in floods.
      if (sessions.size > 2 * limits.maxConnections) stream.destroy();
      else {
        const session = new Session(stream, this.#context, form);
        // A WebSocket is refused in its answer.
        const refusal = form === "records" ? this.#refusal() : undefined;
        if (refusal) session.fail(refusal);
      }
    };
    const listener = await net.listen(host, port, accept, press.kernel?.input);
    this.#listeners.push(listener);
    return listener.port;
  }

  #refusal(): ArqonError | undefined {
    const { sessions, limits } = this.#context;
    if (!this.#ready) return new ArqonError("SHUTTING_DOWN", "the server takes no new work");
    if (sessions.size <= limits.maxConnections) return undefined;
    return new ArqonError("RATE_LIMITED", `the server has ${limits.maxConnections} connections, its limit`);
  }

  /** Connections that are not yet gone. */
  get sessions(): ReadonlySet<Session> {
    return this.#context.sessions;
  }

  /**
   * Announces the end and takes no new work. Resolves when no lease is held any more, no client is left, or `drainMs`
   * have passed; what is still leased then is given back. The server's own services are not told: they end what they
   * hold, and their server stops them.
   */
  async drain(drainMs: number): Promise<void> {
    const { sessions, timer, clock, spine } = this.#context;
    if (this.#ready) {
      this.#ready = false;
      for (const session of [...sessions])
        if (!session.principal.trusted) session.goAway("the server is closing", drainMs);
    }
    for (const { jobs } of spine.realities()) jobs.drain();
    const untilMs = clock.monotonicMs() + drainMs;
    const working = (): boolean =>
      sessions.size > 0 && spine.realities().some(({ jobs }) => jobs.leases.held > 0);
    while (working() && clock.monotonicMs() < untilMs)
      await new Promise<void>((done) => timer.after(DRAIN_LOOK_MS, done));
    for (const { jobs } of spine.realities()) jobs.leases.letGo();
  }

  /** Drains, then closes the connections that are left, after what they published is answered. */
  async close(drainMs: number): Promise<void> {
    this.#stopWatching();
    const closed = Promise.all(this.#listeners.map((listener) => listener.close()));
    const { sessions, heartbeats, spine } = this.#context;
    await this.drain(drainMs);
    for (const session of sessions) session.pause();
    await spine.settled();
    for (const session of sessions) session.resume();
    for (const session of [...sessions])
      session.fail(new ArqonError("SHUTTING_DOWN", "the server is closing"));
    await closed;
    heartbeats.close();
  }
}
