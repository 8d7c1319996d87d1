/** Tells publishers what is in the log; where it was agreed on, once for a run of messages. */
import { encodePublishAck } from "@arqon/core/wire";
import type { Port } from "./port.ts";

/** Sends an operation to a connection. */
export type SendControl = (port: Port, message: Uint8Array) => void;

/** The acknowledgements of one Reality. */
export class Acknowledger {
  readonly #newId: () => string;
  readonly #send: SendControl;
  #port: Port | undefined;
  #id = "";
  #sequence = 0;
  #durability = 0;
  #count = 0;

  constructor(newId: () => string, send: SendControl) {
    this.#newId = newId;
    this.#send = send;
  }

  /** A publication is in the log. It is told now or with those that follow; see {@link flush}. */
  logged(port: Port, id: string, sequence: number, durability: number): void {
    const isNext = port === this.#port && sequence === this.#sequence + 1 && durability === this.#durability;
    if (!isNext || !port.takesAckRanges) this.flush();
    this.#port = port;
    this.#id = id;
    this.#sequence = sequence;
    this.#durability = durability;
    this.#count++;
  }

  /** A publication is one that was logged before. */
  again(port: Port, messageId: string, sequence: number, durability: number): void {
    this.flush();
    this.#send(
      port,
      encodePublishAck({ id: this.#newId(), messageId, sequence, duplicate: true, durability }),
    );
  }

  /** Tells what was not told yet. */
  flush(): void {
    const port = this.#port;
    if (port === undefined) return;
    this.#port = undefined;
    const count = this.#count;
    this.#count = 0;
    this.#send(
      port,
      encodePublishAck({
        id: this.#newId(),
        messageId: this.#id,
        sequence: this.#sequence,
        duplicate: false,
        durability: this.#durability,
        count,
      }),
    );
  }
}
