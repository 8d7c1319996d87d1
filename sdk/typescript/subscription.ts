/** A subscription as an application sees it: messages to iterate, with a bound on what waits. */
import { ArqonError } from "@arqon/core/base";
import { requireFilter } from "@arqon/core/wire";
import { requireText } from "./argument.ts";
import { CatchUp } from "./catch-up.ts";
import type { Delivery } from "./delivery.ts";
import { Message } from "./message.ts";
import { Queue } from "./queue.ts";
import type { Session } from "./session.ts";
import type { Consumer, Subscriptions } from "./subscriptions.ts";
import { bounded, type WaitOptions } from "./wait.ts";

/** How to subscribe. */
export interface SubscribeOptions extends WaitOptions {
  /** Members of one group share the messages: each goes to one of them. */
  readonly queueGroup?: string;
  /** Called for each message, one after the other, instead of iterating. What it throws goes to `onError`. */
  readonly handler?: (message: Message) => unknown;
  /**
   * Starts with the logged messages from this sequence on, then goes on live, and fills what it missed from history
   * after every reconnect, and whenever `capacity` messages wait: no logged message is missing or comes twice, however
   * slowly they are taken. Not for queue groups.
   */
  readonly fromSequence?: number;
  /** Most messages that wait to be taken. Default 8192. */
  readonly capacity?: number;
  /** When that many wait, without `fromSequence`: end the subscription with `SLOW_CONSUMER` (default), or drop and count. */
  readonly overflow?: "error" | "drop-oldest" | "drop-newest";
}

/** A running subscription. Iterate it, or take messages with {@link Subscription.next}. */
export class Subscription implements AsyncIterable<Message>, AsyncDisposable, Consumer {
  readonly filter: string;
  readonly queueGroup: string;
  readonly maxInFlight = 0;
  readonly #session: Session;
  readonly #table: Subscriptions;
  readonly #queue: Queue<Message>;
  readonly #overflow: "error" | "drop-oldest" | "drop-newest";
  readonly #catchUp: CatchUp | undefined;
  #number = 0;
  #dropped = 0;

  private constructor(session: Session, table: Subscriptions, filter: string, options: SubscribeOptions) {
    this.filter = requireFilter(requireText("filter", filter));
    this.queueGroup = options.queueGroup ?? "";
    if (options.fromSequence !== undefined && this.queueGroup !== "")
      throw new ArqonError("USAGE", "fromSequence and queueGroup exclude each other");
    this.#session = session;
    this.#table = table;
    this.#queue = new Queue(options.capacity ?? 8192);
    this.#overflow = options.overflow ?? "error";
    if (options.fromSequence !== undefined)
      this.#catchUp = new CatchUp(session, filter, options.fromSequence, {
        capacity: this.#queue.capacity,
        isFull: () => this.#queue.size >= this.#queue.capacity,
        dropped: () => void this.#dropped++,
        room: () => this.#queue.room(),
        emit: (message) => this.#accept(message),
        failed: (error) => this.#fail(error),
      });
  }

  /** @throws ArqonError `TOPIC_INVALID`, `PERMISSION_DENIED` */
  static async open(
    session: Session,
    table: Subscriptions,
    filter: string,
    options: SubscribeOptions,
  ): Promise<Subscription> {
    const subscription = new Subscription(session, table, filter, options);
    subscription.#number = await table.add(subscription, options);
    subscription.#catchUp?.begin();
    if (options.handler) void subscription.#handle(options.handler);
    return subscription;
  }

  /** Messages dropped so far, here or by the server, because they were taken too slowly. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * The next message, or `undefined` once the subscription has ended.
   * @throws ArqonError what ended it, or `DEADLINE_EXCEEDED`, `CANCELLED` by the options; without a time it waits on.
   */
  async next(wait: WaitOptions = {}): Promise<Message | undefined> {
    if (this.#queue.size > 0) return this.#take();
    const options = { timeoutMs: Number.POSITIVE_INFINITY, ...wait };
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.#queue.whenFilled(resolve);
    const { timer } = this.#session.settings;
    await bounded(timer, promise, options, `a message on ${this.filter}`).finally(stop);
    const message = await this.#queue.next();
    message?.taken();
    return message;
  }

  /** Iterates until the end; leaving the loop closes the subscription. */
  [Symbol.asyncIterator](): AsyncIterator<Message> {
    const result = (value: Message | undefined): IteratorResult<Message> =>
      value ? { value, done: false } : { value, done: true };
    return {
      // Not a generator, which would spend several promises on each message that is here already.
      next: () => {
        const message = this.#take();
        return message ? Promise.resolve(result(message)) : this.next().then(result);
      },
      return: async () => {
        await this.close();
        return { value: undefined, done: true };
      },
    };
  }

  /** Ends it; what already arrived can still be taken. */
  async close(): Promise<void> {
    this.#catchUp?.stop();
    await this.#table.remove(this.#number);
    this.#end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  deliver(delivery: Delivery): void {
    this.#dropped += delivery.dropped;
    const message = new Message(delivery);
    if (this.#catchUp) this.#catchUp.live(message);
    else {
      message.waits();
      this.#accept(message);
    }
  }

  /** @internal */
  lost(): void {
    this.#catchUp?.lost();
  }

  /** @internal */
  restored(): void {
    this.#catchUp?.begin();
  }

  /** @internal */
  ended(error: ArqonError): void {
    this.#catchUp?.stop();
    this.#end(error.code === "CANCELLED" ? undefined : error);
  }

  #take(): Message | undefined {
    const message = this.#queue.take();
    message?.taken();
    return message;
  }

  /** Nothing comes any more; what waits can still be taken, but the server need not wait for that. */
  #end(error?: ArqonError): void {
    this.#queue.end(error);
    for (const message of this.#queue.waiting()) message.taken();
  }

  #accept(message: Message): void {
    if (this.#queue.push(message)) return;
    // What is not kept is not waited for either.
    if (this.#queue.ended || this.#overflow !== "drop-oldest") message.taken();
    if (this.#queue.ended) return;
    if (this.#overflow === "error") {
      const waiting = this.#queue.size;
      this.#fail(new ArqonError("SLOW_CONSUMER", `${waiting} messages of "${this.filter}" wait to be taken`));
      return;
    }
    this.#dropped++;
    if (this.#overflow === "drop-oldest") {
      this.#take();
      this.#queue.push(message);
    }
  }

  #fail(error: ArqonError): void {
    this.#end(error);
    this.close().catch((thrown) => this.#session.settings.onError(ArqonError.from(thrown)));
  }

  async #handle(handler: (message: Message) => unknown): Promise<void> {
    const { onError } = this.#session.settings;
    for (;;) {
      try {
        // What is here is handed on without a promise for each, unless the handler makes one.
        for (let message = this.#take(); message; message = this.#take()) {
          const pending = handler(message);
          if (pending instanceof Promise) await pending;
        }
        const message = await this.next();
        if (!message) return;
        await handler(message);
      } catch (thrown) {
        onError(ArqonError.from(thrown));
        if (this.#queue.ended && this.#queue.size === 0) return;
      }
    }
  }
}
