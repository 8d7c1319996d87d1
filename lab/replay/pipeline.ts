/** Publications in order, many on their way at once. */
import type { ArqonMessage } from "@arqon/core/wire";
import type { Client } from "@arqon/sdk";

/** Publications whose acknowledgement is waited for at the same time. */
const WINDOW = 512;

/** Publishes logged messages without waiting for each; the first failure is thrown by whatever is called next. */
export class Pipeline {
  readonly #client: Client;
  readonly #open: Promise<void>[] = [];
  #failure: { readonly thrown: unknown } | undefined;
  #published = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Messages the server has taken. */
  get published(): number {
    return this.#published;
  }

  async publish(message: ArqonMessage): Promise<void> {
    if (this.#open.length >= WINDOW) await this.#open.shift();
    if (this.#failure) throw this.#failure.thrown;
    const sent = this.#client.publishEnvelope(message).then(
      () => {
        this.#published++;
      },
      (thrown: unknown) => {
        this.#failure ??= { thrown };
      },
    );
    this.#open.push(sent);
  }

  /** Resolves once everything is acknowledged. */
  async flush(): Promise<void> {
    await Promise.all(this.#open.splice(0));
    if (this.#failure) throw this.#failure.thrown;
  }
}
