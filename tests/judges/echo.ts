/** An echo on the byte path of the bus, which outside conformance suites ask for: framing and nothing else. */

import {
  acceptUpgrade,
  closeCodeOf,
  closeFrame,
  Deframer,
  type FrameHandler,
  OPCODE,
  parseHead,
  parseUpgrade,
  serverFrame,
} from "@arqon/bus/kernel";
import { type ByteStream, type Listener, nodeNet, type StreamHandler } from "@arqon/bus/shield";
import { ArqonError } from "@arqon/core/base";

/** The largest message of the suite's section 9. */
const MAX_BYTES = 16_777_216;

class Echo implements StreamHandler, FrameHandler {
  readonly #stream: ByteStream;
  readonly #deframer = new Deframer(MAX_BYTES, this);
  #head = Buffer.alloc(0);
  #upgraded = false;
  #waiting: Buffer[] = [];
  #writing = false;
  #closing = false;
  #ended = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
    stream.handler = this;
  }

  data(chunk: Uint8Array): void {
    try {
      if (this.#upgraded) this.#deframer.push(chunk);
      else this.#upgrade(chunk);
    } catch (thrown) {
      this.#deframer.stop();
      this.#close(closeCodeOf(ArqonError.from(thrown)));
    }
  }

  drain(): void {
    this.#writing = false;
    this.#flush();
  }

  closed(): void {
    this.#deframer.stop();
  }

  #upgrade(chunk: Uint8Array): void {
    this.#head = Buffer.concat([this.#head, chunk]);
    const head = parseHead(this.#head);
    const upgrade = head && parseUpgrade(head);
    if (head === undefined || upgrade === undefined) return;
    this.#send(Buffer.from(acceptUpgrade(upgrade.key, upgrade.protocols[0])));
    this.#upgraded = true;
    const rest = this.#head.subarray(head.bytes);
    if (rest.length > 0) this.#deframer.push(rest);
  }

  message(bytes: Uint8Array, text: boolean): void {
    this.#send(serverFrame(text ? OPCODE.text : OPCODE.binary, bytes));
  }

  ping(payload: Uint8Array): void {
    this.#send(serverFrame(OPCODE.pong, payload));
  }

  pong(): void {}

  close(code: number): void {
    this.#close(code === 1005 ? 1000 : code);
  }

  #close(code: number): void {
    if (this.#closing) return;
    this.#send(closeFrame(code, ""));
    this.#closing = true;
    this.#flush();
  }

  #send(bytes: Buffer): void {
    if (this.#closing) return;
    this.#waiting.push(bytes);
    this.#flush();
  }

  #flush(): void {
    while (!this.#writing && this.#waiting.length > 0) {
      const chunks = this.#waiting;
      this.#waiting = [];
      this.#writing = !this.#stream.write(chunks);
    }
    if (!this.#closing || this.#writing || this.#ended) return;
    this.#ended = true;
    this.#stream.end();
  }
}

/** Starts the echo on this machine. */
export function startEcho(port = 0): Promise<Listener> {
  return nodeNet.listen("127.0.0.1", port, (stream) => {
    new Echo(stream);
  });
}
