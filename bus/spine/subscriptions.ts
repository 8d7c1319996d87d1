/** Subscriptions by connection: those that share or receive messages, and those that lease jobs. */
import { ArqonError } from "@arqon/core/base";
import { filterMatches, LIMITS, type Subscribe } from "@arqon/core/wire";
import type { Worker } from "./job.ts";
import type { Leases } from "./leases.ts";
import type { Port } from "./port.ts";
import { type Route, Routes, reaches, type Subscription } from "./routes.ts";

/** What a subscription asks for. */
export type SubscribeRequest = Pick<Subscribe, "subscription" | "filter" | "queueGroup" | "maxInFlight">;

type Own = Map<number, Subscription | Worker>;

/** All subscriptions of a Reality. */
export class Subscriptions {
  readonly #leases: Leases;
  readonly #lastSequence: () => number;
  readonly #routes = new Routes();
  readonly #ports = new Map<Port, Own>();

  /** @param lastSequence  of the Reality, as it is then. */
  constructor(leases: Leases, lastSequence: () => number) {
    this.#leases = leases;
    this.#lastSequence = lastSequence;
  }

  get size(): number {
    return this.#routes.size;
  }

  /** Sets what is called whenever a route found before may not hold any more. */
  set onChange(call: () => void) {
    this.#routes.onChange = call;
  }

  /** Receivers of a topic, without those that lease jobs. */
  routeOf(topic: string): Route {
    return this.#routes.of(topic);
  }

  /**
   * Adds a subscription whose filter and permissions were checked.
   * @throws ArqonError `WIRE_PROTOCOL`, `TOPIC_INVALID`, `LIMIT_EXCEEDED`.
   */
  add(port: Port, request: SubscribeRequest): void {
    const { subscription: number, filter, queueGroup: group } = request;
    const own: Own = this.#ports.get(port) ?? new Map();
    const limit = LIMITS.subscriptionsPerConnection;
    if (own.has(number)) throw new ArqonError("WIRE_PROTOCOL", `subscription ${number} is in use`);
    if (own.size >= limit)
      throw new ArqonError("LIMIT_EXCEEDED", `a connection has at most ${limit} subscriptions`);
    const leases = filter.endsWith(".jobs");
    if (leases && group === "")
      throw new ArqonError("TOPIC_INVALID", `"${filter}": a filter that ends in .jobs needs a queue group`);
    this.#ports.set(port, own);
    if (leases) {
      const maxInFlight = Math.min(Math.max(1, request.maxInFlight), 1_000);
      const worker: Worker = { port, number, filter, group, maxInFlight, inFlight: 0, closed: false };
      own.set(number, worker);
      this.#leases.add(worker);
    } else {
      const subscription: Subscription = { port, number, filter, group, since: this.#lastSequence() };
      own.set(number, subscription);
      this.#routes.add(subscription);
    }
  }

  /** @throws ArqonError `WIRE_PROTOCOL` when there is no such subscription. */
  remove(port: Port, number: number): void {
    const own = this.#ports.get(port);
    const subscription = own?.get(number);
    if (own === undefined || subscription === undefined)
      throw new ArqonError("WIRE_PROTOCOL", `there is no subscription ${number}`);
    own.delete(number);
    this.#end(subscription, false);
  }

  /** A connection that was too slow keeps up again: it may take the jobs that wait. */
  feed(port: Port): void {
    for (const subscription of this.#ports.get(port)?.values() ?? [])
      if ("inFlight" in subscription) this.#leases.feed(subscription);
  }

  /** Whether a plain subscription of a connection wanted this message when it was published. */
  wantsSince(port: Port, topic: string, sequence: number): boolean {
    for (const subscription of this.#ports.get(port)?.values() ?? []) {
      if ("inFlight" in subscription || subscription.group !== "" || subscription.since >= sequence) continue;
      if (filterMatches(subscription.filter, topic) && reaches(subscription.filter, topic)) return true;
    }
    return false;
  }

  /** Filters of one connection, by number. */
  of(port: Port): ReadonlyMap<number, { readonly filter: string }> {
    return this.#ports.get(port) ?? new Map();
  }

  /** A connection is gone: its leases end, and nothing is delivered to it any more. */
  drop(port: Port): void {
    const own = this.#ports.get(port);
    this.#ports.delete(port);
    for (const subscription of own?.values() ?? []) this.#end(subscription, true);
  }

  #end(subscription: Subscription | Worker, connectionLost: boolean): void {
    if ("inFlight" in subscription) this.#leases.remove(subscription, connectionLost);
    else this.#routes.delete(subscription);
  }
}
