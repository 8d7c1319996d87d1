/** The log as it grows, however slowly it is read. */
import { ArqonError } from "@arqon/core/base";
import type { Client, Message, Subscription } from "@arqon/sdk";

/** Logged messages of a filter, live and from history: none is missing and none comes twice. */
export class Tail {
  readonly #client: Client;
  readonly #filter: string;
  #next: number;
  #subscription: Subscription;
  #isStopped = false;

  constructor(client: Client, filter: string, fromSequence: number, subscription: Subscription) {
    this.#client = client;
    this.#filter = filter;
    this.#next = fromSequence;
    this.#subscription = subscription;
  }

  /** Until it is stopped. */
  async *messages(): AsyncGenerator<Message, void, undefined> {
    while (!this.#isStopped) {
      try {
        for await (const message of this.#subscription) {
          if (this.#isStopped) return;
          this.#next = message.sequence + 1;
          yield message;
        }
        return;
      } catch (thrown) {
        // The reader is slower than what comes: it goes on from history, which waits for it.
        if (ArqonError.from(thrown).code !== "SLOW_CONSUMER") throw thrown;
        this.#subscription = await this.#client.subscribe(this.#filter, { fromSequence: this.#next });
      }
    }
  }

  /** What was taken is still handled; nothing more is. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#subscription.close();
  }
}
