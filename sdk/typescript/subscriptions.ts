/** The table of subscriptions: which deliveries go where, and what a new connection must be told. */
import { ArqonError } from "@arqon/core/base";
import { TopicTrie } from "@arqon/core/wire";
import type { Delivery } from "./delivery.ts";
import type { Link } from "./link.ts";
import type { Part } from "./part.ts";
import type { Session } from "./session.ts";
import type { WaitOptions } from "./wait.ts";

/** One consumer of deliveries. */
export interface Consumer {
  readonly filter: string;
  /** "" for a plain subscription. */
  readonly queueGroup: string;
  /** Jobs outstanding at most; 0 for the server's default. */
  readonly maxInFlight: number;
  deliver(delivery: Delivery): void;
  /** It stands again on a new connection. */
  restored?(): void;
  lost?(error: ArqonError): void;
  /** It ended and takes nothing any more. */
  ended(error: ArqonError): void;
}

/** Topics whose consumers are remembered. */
const REMEMBERED_TOPICS = 1_024;

/** Every consumer of one client. */
export class Subscriptions implements Part {
  readonly #session: Session;
  readonly #byNumber = new Map<number, Consumer>();
  readonly #plain = new TopicTrie<Consumer>();
  /** What the trie answered, until it changes. */
  readonly #byTopic = new Map<string, readonly Consumer[]>();
  readonly #confirmed = new Set<number>();
  #last = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Registers a consumer; resolves with its number when the server confirmed it. */
  async add(consumer: Consumer, wait: WaitOptions = {}): Promise<number> {
    const number = ++this.#last;
    this.#byNumber.set(number, consumer);
    if (consumer.queueGroup === "") {
      this.#plain.add(consumer.filter, consumer);
      this.#byTopic.clear();
    }
    try {
      await this.#session.ask(request(number, consumer), "done", wait);
    } catch (thrown) {
      this.#drop(number);
      throw thrown;
    }
    if (this.#byNumber.has(number)) this.#confirmed.add(number);
    return number;
  }

  /** Ends a subscription. The consumer gets what arrives until the server confirms. */
  async remove(number: number): Promise<void> {
    if (!this.#confirmed.delete(number)) return;
    try {
      if (this.#session.state === "open")
        await this.#session.link.ask({ case: "unsubscribe", value: { subscription: number } });
    } catch (thrown) {
      // A lost connection has no subscriptions; there is nothing left to end.
      if (!ArqonError.from(thrown).kind.retry) throw thrown;
    } finally {
      this.#drop(number);
    }
  }

  /** Hands a delivery to its one consumer, or to every plain consumer whose filter matches. */
  deliver(delivery: Delivery): void {
    if (delivery.subscription !== 0) this.#byNumber.get(delivery.subscription)?.deliver(delivery);
    else for (const consumer of this.#consumersOf(delivery.topic)) consumer.deliver(delivery);
  }

  #consumersOf(topic: string): readonly Consumer[] {
    let found = this.#byTopic.get(topic);
    if (!found) {
      if (this.#byTopic.size >= REMEMBERED_TOPICS) this.#byTopic.clear();
      found = [...this.#plain.match(topic)];
      this.#byTopic.set(topic, found);
    }
    return found;
  }

  async restore(link: Link): Promise<void> {
    for (const number of [...this.#confirmed]) {
      const consumer = this.#byNumber.get(number);
      if (!consumer) continue;
      try {
        await link.ask(request(number, consumer));
        if (this.#confirmed.has(number)) consumer.restored?.();
        else await link.ask({ case: "unsubscribe", value: { subscription: number } });
      } catch (thrown) {
        const error = ArqonError.from(thrown);
        if (error.kind.retry) throw error;
        this.#confirmed.delete(number);
        this.#drop(number);
        consumer.ended(error);
        this.#session.settings.onError(error);
      }
    }
  }

  lost(error: ArqonError): void {
    for (const consumer of this.#byNumber.values()) consumer.lost?.(error);
  }

  closed(error: ArqonError): void {
    for (const consumer of this.#byNumber.values()) consumer.ended(error);
    this.#byNumber.clear();
    this.#confirmed.clear();
  }

  #drop(number: number): void {
    const consumer = this.#byNumber.get(number);
    if (!consumer) return;
    this.#byNumber.delete(number);
    if (consumer.queueGroup === "") {
      this.#plain.delete(consumer.filter, consumer);
      this.#byTopic.clear();
    }
  }
}

function request(subscription: number, consumer: Consumer): Parameters<Link["ask"]>[0] {
  const { filter, queueGroup, maxInFlight } = consumer;
  return { case: "subscribe", value: { subscription, filter, queueGroup, maxInFlight } };
}
