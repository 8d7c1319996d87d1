/** The two windows of a connection on which credit was agreed: neither side sends more than the other granted. */

/** How much may be on its way. */
export interface Window {
  readonly messages: number;
  readonly bytes: number;
}

/** What the server granted: publications beyond it wait here, in order. */
export class PublishWindow {
  readonly #send: (bytes: Uint8Array) => void;
  #messages: number;
  #bytes: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor({ messages, bytes }: Window, send: (bytes: Uint8Array) => void) {
    this.#messages = messages;
    this.#bytes = bytes;
    this.#send = send;
  }

  /** Bytes that wait for credit. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Sends a publication, now or when there is credit. */
  publish(bytes: Uint8Array): void {
    if (this.#held.length === 0 && this.#take(bytes.length)) this.#send(bytes);
    else {
      this.#held.push(bytes.slice());
      this.#heldBytes += bytes.length;
    }
  }

  /** The server takes so much more. */
  granted(messages: number, bytes: number): void {
    this.#messages += messages;
    this.#bytes += bytes;
    let sent = 0;
    for (const held of this.#held) {
      if (!this.#take(held.length)) break;
      this.#send(held);
      this.#heldBytes -= held.length;
      sent++;
    }
    this.#held.splice(0, sent);
  }

  #take(size: number): boolean {
    if (this.#messages < 1 || this.#bytes < size) return false;
    this.#messages--;
    this.#bytes -= size;
    return true;
  }
}

/** What this client granted: granted again at half, as the application takes what came. */
export class ReceiveWindow {
  readonly #window: Window;
  readonly #grant: (messages: number, bytes: number) => void;
  #messages = 0;
  #bytes = 0;

  constructor(window: Window, grant: (messages: number, bytes: number) => void) {
    this.#window = window;
    this.#grant = grant;
  }

  /** A delivery of `size` bytes is no longer held. */
  consumed(size: number): void {
    this.#messages++;
    this.#bytes += size;
    if (2 * this.#messages < this.#window.messages && 2 * this.#bytes < this.#window.bytes) return;
    const [messages, bytes] = [this.#messages, this.#bytes];
    this.#messages = 0;
    this.#bytes = 0;
    this.#grant(messages, bytes);
  }
}
