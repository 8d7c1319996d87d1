/**
 * Deliveries. A reader without room for a logged message is not sent more than it can take and not cut off either: what it
 * misses is in the log, and is read back from there when it has room again. Only ephemeral messages may overtake meanwhile.
 */
import { ArqonError } from "@arqon/core/base";
import { stampDelivery } from "@arqon/core/wire";
import type { RealityLog } from "../engine/index.ts";
import type { Press } from "../kernel/index.ts";
import { SEAL_TOPIC } from "./job.ts";
import type { StoredAt } from "./logged.ts";
import { BUS_PRINCIPAL, type Port } from "./port.ts";
import { type GroupRoute, nextMember, type Route } from "./routes.ts";
import { readStored } from "./stored.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** What deliveries need of their Reality. */
export interface DeliveryHost {
  readonly log: RealityLog;
  readonly press: Press;
  readonly subscriptions: Subscriptions;
  /** A slow reader loses its connection. */
  readonly disconnects: boolean;
  /** Counts deliveries of a topic class. */
  delivered(topicClass: number, messages: number, bytes: number): void;
  /** Tells a reader what it can never be given. */
  tell(port: Port, error: ArqonError): void;
}

/** Read from the log at once: few at first, for nobody knows how many there is room for. */
const FIRST_RECORDS = 64;
const MOST_RECORDS = 4_096;
const READ_BYTES = 1_048_576;

/** Who lags: a connection, or a queue group by its name. */
type Lagging = Port | string;

/** Messages on their way to readers. */
export class Deliveries {
  readonly #host: DeliveryHost;
  /** Sequence each one goes on from. */
  readonly #lagging = new Map<Lagging, number>();
  readonly #reading = new Set<Lagging>();
  /** Sequence of the newest message that was handed out. */
  #last: number;

  constructor(host: DeliveryHost) {
    this.#host = host;
    this.#last = host.log.lastSequence;
  }

  /** Hands the message the press holds to everyone on the route; who has no room may be left out. */
  spread(route: Route): void {
    const { press } = this.#host;
    const { ports, topicClass } = route;
    for (let i = 0; i < ports.length; i++) (ports[i] as Port).deliver(press, true);
    if (ports.length > 0)
      this.#host.delivered(topicClass, ports.length, ports.length * (press.end - press.body));
    if (route.groups.length === 0) return;
    const message = Buffer.from(press.sheet.bytes.subarray(press.body, press.end));
    for (const group of route.groups) {
      const { port, number } = nextMember(group);
      press.ready(stampDelivery(message, { subscription: number }));
      port.deliver(press, true);
      this.#host.delivered(topicClass, 1, press.end - press.body);
    }
  }

  /** Hands out a message that is in the log, in order of sequence. */
  logged(topic: string, { bytes, from, to }: StoredAt, sequence: number, groups: boolean): void {
    this.#last = sequence;
    const { press, subscriptions } = this.#host;
    const route = subscriptions.routeOf(topic);
    if (route.ports.length === 0 && route.groups.length === 0) return;
    const message = bytes.subarray(from, to);
    let receivers = 0;
    for (const port of route.ports) {
      if (this.#lags(port, port, sequence)) continue;
      if (receivers++ === 0) press.ready(message);
      port.deliver(press, false);
    }
    if (receivers > 0)
      this.#host.delivered(route.topicClass, receivers, receivers * (press.end - press.body));
    if (!groups) return;
    for (const group of route.groups)
      if (!this.#lagging.has(group.name) && !this.#toMember(group, route, message))
        this.#lagging.set(group.name, sequence);
  }

  /** A connection has room again, or is gone. */
  feed(port: Port): void {
    for (const lagging of this.#lagging.keys())
      if (lagging === port || typeof lagging === "string") void this.#catchUp(lagging);
  }

  /** A connection is gone. Others of its groups may take what it was to take. */
  drop(port: Port): void {
    this.#lagging.delete(port);
    this.feed(port);
  }

  #lags(lagging: Lagging, port: Port, sequence: number): boolean {
    if (this.#lagging.size > 0 && this.#lagging.has(lagging)) return true;
    // Where slow readers are to be disconnected they are given what ends them.
    if (port.hasRoom() || this.#host.disconnects) return false;
    this.#lagging.set(lagging, sequence);
    return true;
  }

  /** Gives a message to a member with room. Returns false when there is none. */
  #toMember(group: GroupRoute, { topicClass }: Route, message: Uint8Array): boolean {
    const { press } = this.#host;
    const { port, number } = nextMember(group);
    if (!port.hasRoom()) return false;
    press.ready(stampDelivery(message, { subscription: number }));
    port.deliver(press, false);
    this.#host.delivered(topicClass, 1, press.end - press.body);
    return true;
  }

  /** Reads from the log until who lags stands where the others do, or has no room again. */
  async #catchUp(lagging: Lagging): Promise<void> {
    if (this.#reading.has(lagging)) return;
    this.#reading.add(lagging);
    try {
      for (let records = FIRST_RECORDS; ; records = Math.min(2 * records, MOST_RECORDS)) {
        const fromSequence = this.#lagging.get(lagging);
        if (fromSequence === undefined) return;
        if (fromSequence > this.#last) {
          this.#lagging.delete(lagging);
          return;
        }
        if (typeof lagging !== "string" && !lagging.hasRoom()) return;
        if (!(await this.#step(lagging, fromSequence, records))) return;
      }
    } catch (thrown) {
      // The disk may be asked again when there is room the next time; what is damaged stays so.
      if (typeof lagging !== "string") this.#host.tell(lagging, ArqonError.from(thrown));
    } finally {
      this.#reading.delete(lagging);
    }
  }

  /** Hands out one read. Returns false when there is no room for more. */
  async #step(lagging: Lagging, fromSequence: number, maxRecords: number): Promise<boolean> {
    const { log } = this.#host;
    if (fromSequence < log.floorSequence) {
      if (typeof lagging !== "string")
        this.#host.tell(
          lagging,
          new ArqonError(
            "HISTORY_TRIMMED",
            `messages from ${fromSequence} to ${log.floorSequence - 1} were trimmed before they were read`,
            { details: { fromSequence, firstSequence: log.floorSequence } },
          ),
        );
      this.#lagging.set(lagging, log.floorSequence);
      return true;
    }
    const toSequence = this.#last;
    const records = await log.read({
      fromSequence,
      toSequence,
      maxRecords,
      maxBytes: READ_BYTES,
    });
    if (!this.#lagging.has(lagging)) return false;
    for (const { bytes, sequence } of records) {
      if (!this.#again(lagging, bytes, sequence)) return false;
      this.#lagging.set(lagging, sequence + 1);
    }
    if (records.length === 0) this.#lagging.set(lagging, toSequence + 1);
    return true;
  }

  /** Hands out a message that was read back. Returns false when there is no room for it. */
  #again(lagging: Lagging, message: Uint8Array, sequence: number): boolean {
    const { press, subscriptions } = this.#host;
    const { topic, producerId } = readStored(message);
    if (topic === SEAL_TOPIC && producerId === BUS_PRINCIPAL.id) return true;
    const route = subscriptions.routeOf(topic);
    if (typeof lagging === "string") {
      const group = route.groups.find(({ name }) => name === lagging);
      return group === undefined || this.#toMember(group, route, message);
    }
    if (!lagging.hasRoom()) return false;
    const wanted = route.ports.includes(lagging) && subscriptions.wantsSince(lagging, topic, sequence);
    if (!wanted) return true;
    press.ready(message);
    lagging.deliver(press, false);
    this.#host.delivered(route.topicClass, 1, press.end - press.body);
    return true;
  }
}
