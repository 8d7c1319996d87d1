/** What a client may publish: granted again at half, unless the bus itself has to catch up first. */

/** What a window needs of its connection. */
export interface CreditedPublisher {
  /** Tells the client that it may publish so much more. */
  grant(messages: number, bytes: number): void;
  /** Stops and resumes reading from it. */
  pause(): void;
  resume(): void;
  /** Whether others have stopped the reading. */
  isHeld(): boolean;
  /** Calls after what came together has been taken. */
  atEnd(call: () => void): void;
}

/** The window of one publisher. */
export class PublishCredit {
  readonly #publisher: CreditedPublisher;
  readonly #messages: number;
  readonly #bytes: number;
  #usedMessages = 0;
  #usedBytes = 0;
  #due = false;
  #overrun = false;

  constructor(publisher: CreditedPublisher, messages: number, bytes: number) {
    this.#publisher = publisher;
    this.#messages = messages;
    this.#bytes = bytes;
  }

  /** Publications came, whether they are taken or refused. What was not granted stops the reading for a while. */
  took(messages: number, bytes: number): void {
    this.#usedMessages += messages;
    this.#usedBytes += bytes;
    if (!this.#due && (2 * this.#usedMessages >= this.#messages || 2 * this.#usedBytes >= this.#bytes)) {
      this.#due = true;
      this.#publisher.atEnd(() => this.refill());
    }
    if (this.#overrun || (this.#usedMessages <= this.#messages && this.#usedBytes <= this.#bytes)) return;
    this.#overrun = true;
    this.#publisher.pause();
  }

  /** Grants what was used, once the reading is not held. Called again when it is resumed. */
  refill(): void {
    if (!this.#due || this.#publisher.isHeld()) return;
    this.#due = false;
    this.#publisher.grant(this.#usedMessages, this.#usedBytes);
    this.#usedMessages = 0;
    this.#usedBytes = 0;
    if (!this.#overrun) return;
    this.#overrun = false;
    this.#publisher.resume();
  }

  /** Whether its own pause is in force. */
  get overrun(): boolean {
    return this.#overrun;
  }
}
