/** The loop of an operator: one handling a lease, its extension, its one result. */
import { ArqonError, type Cancel } from "@arqon/core/base";
import type { OpCase } from "@arqon/core/wire";
import type { Client } from "./client.ts";
import type { Delivery } from "./delivery.ts";
import { Handling } from "./handling.ts";
import type { OperatorHeartbeat, OperatorOptions } from "./operator.ts";
import type { Part } from "./part.ts";
import type { Session } from "./session.ts";
import type { Consumer, Subscriptions } from "./subscriptions.ts";
import { pause } from "./wait.ts";

/** Every job an operator holds a lease of. */
export class Serving implements Part, Consumer {
  readonly filter: string;
  readonly queueGroup: string;
  readonly maxInFlight: number;
  readonly #session: Session;
  readonly #client: Client;
  readonly #options: OperatorOptions;
  readonly #handlings = new Set<Handling>();
  #table: Subscriptions | undefined;
  #number = 0;
  #draining = false;
  #isOver = false;
  #handled = 0;
  #stopBeat: Cancel = () => {};

  constructor(session: Session, client: Client, options: OperatorOptions) {
    this.#session = session;
    this.#client = client;
    this.#options = options;
    this.filter = options.topic;
    this.queueGroup = options.queueGroup ?? "operators";
    this.maxInFlight = options.maxInFlight ?? 1;
  }

  get inFlight(): number {
    return this.#handlings.size;
  }

  /** Starts to take jobs. */
  async begin(table: Subscriptions): Promise<void> {
    this.#table = table;
    this.#number = await table.add(this);
  }

  /** Tells how busy it is, again and again until it is drained. */
  beat(): void {
    const { heartbeat } = this.#options;
    if (!heartbeat || this.#isOver) return;
    const { filter: topic, queueGroup, inFlight, maxInFlight } = this;
    const state = this.#draining ? "draining" : "serving";
    const said: OperatorHeartbeat = {
      topic,
      queueGroup,
      inFlight,
      maxInFlight,
      handled: this.#handled,
      state,
    };
    const { onError, timer } = this.#session.settings;
    // While there is no connection nobody hears it, which is what it is for.
    if (this.#session.state === "open") this.#client.publish(heartbeat.topic, { ...said }).catch(onError);
    this.#stopBeat();
    this.#stopBeat = timer.after(heartbeat.everyMs ?? 10_000, () => this.beat());
  }

  /** Takes no more, waits up to `graceMs` for what runs, and gives back the rest. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    this.beat();
    await this.#table?.remove(this.#number);
    const all = (): Promise<unknown> => Promise.allSettled([...this.#handlings].map(({ done }) => done));
    if (graceMs > 0 && this.#handlings.size > 0) {
      const over = new AbortController();
      const grace = pause(this.#session.settings.timer, graceMs, over.signal).catch(() => {});
      await Promise.race([all(), grace]);
      over.abort();
    }
    for (const handling of this.#handlings) handling.giveBack("the operator is shutting down");
    await all();
    this.#isOver = true;
    this.#stopBeat();
  }

  deliver({ envelope }: Delivery): void {
    const handling = new Handling(this.#session, this.#client, this.#options, envelope);
    this.#handlings.add(handling);
    this.#handled++;
    void handling.done.finally(() => this.#handlings.delete(handling));
    if (this.#draining) handling.giveBack("the operator is shutting down");
    else handling.begin();
  }

  op(op: OpCase): boolean {
    if (op.case !== "jobCancel") return false;
    for (const handling of this.#handlings)
      if (handling.jobId === op.value.jobId) handling.cancelled(op.value.reason);
    return true;
  }

  /** The server gives the leases of a lost connection to others at once. */
  lost(error: ArqonError): void {
    for (const handling of this.#handlings)
      handling.abandon(new ArqonError("JOB_LEASE_LOST", `the connection was lost: ${error.message}`));
  }

  ended(error: ArqonError): void {
    this.#isOver = true;
    this.#stopBeat();
    this.lost(error);
  }
}
