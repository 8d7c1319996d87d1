/** Messages over a socket of Node: one write a turn, one parse a read. Loads Node's modules only when it is used. */
import type { Socket } from "node:net";
import { ArqonError } from "@arqon/core/base";
import { type Batch, type Framing, type FramingHost, newBatch } from "./framing.ts";
import { BATCH_BYTES, type Pipe, type PipeEvents, type PipeOptions } from "./pipe.ts";
import { TcpFraming } from "./tcp-framing.ts";
import { handshakeError, secureOptions } from "./tls.ts";
import { WsFraming } from "./ws-framing.ts";

type Modules = {
  "node:net": typeof import("node:net");
  "node:tls": typeof import("node:tls");
  "node:crypto": typeof import("node:crypto");
  "node:fs": typeof import("node:fs");
};
type GetModule = <Name extends keyof Modules>(name: Name) => Modules[Name];

/** Node's way to its own modules without an import a browser would follow; `undefined` elsewhere. */
export function nodeModules(): GetModule | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: GetModule } };
  return process?.getBuiltinModule?.bind(process);
}

/** Batches kept for the next turn. */
const SPARES = 4;

/** A connection to `ws://`, `wss://`, `tcp://` or `tls://`. */
export class NodePipe implements Pipe {
  readonly packs: boolean = false;
  readonly #socket: Socket;
  readonly #framing: Framing;
  readonly #events: PipeEvents;
  readonly #spares: Batch[] = [];
  #batch: Batch | undefined;
  #used = 0;
  #scheduled = false;
  #isOpen = false;
  #ended = false;
  #goodbye: { code: number; reason: string } | undefined;
  /** Bytes of what is not complete yet; memory behind `#held` is free. */
  #rest: Uint8Array = new Uint8Array(0);
  #held = 0;

  constructor(options: PipeOptions, get: GetModule, events: PipeEvents) {
    const url = new URL(options.url);
    this.#events = events;
    const host: FramingHost = {
      message: events.message,
      reply: (bytes) => void this.#socket.write(bytes),
      goodbye: (code, reason) => this.#farewell(code, reason),
    };
    const sha1 = (text: string): string =>
      get("node:crypto").createHash("sha1").update(text).digest("base64");
    const isTcp = url.protocol === "tcp:" || url.protocol === "tls:";
    this.#framing = isTcp ? new TcpFraming(host) : new WsFraming(host, url, options.entropy, sha1);
    const isSecure = url.protocol === "wss:" || url.protocol === "tls:";
    const where = {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port || (isSecure ? 443 : 80)),
      noDelay: true,
    };
    this.#socket = isSecure
      ? get("node:tls").connect({
          ...where,
          ...(isIp(where.host) ? {} : { servername: where.host }),
          ...secureOptions(options.tls ?? {}, (path) => get("node:fs").readFileSync(path, "latin1")),
        })
      : get("node:net").connect(where);
    this.#socket.once(isSecure ? "secureConnect" : "connect", () => this.#connected());
    this.#socket.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#socket.on("error", (cause) => {
      const error = this.#isOpen ? undefined : handshakeError(cause, options.url);
      if (error) events.broken(error);
    });
    this.#socket.once("close", () => this.#gone());
  }

  get bufferedBytes(): number {
    return this.#used + this.#socket.writableLength;
  }

  send(message: Uint8Array): void {
    if (this.#ended) return;
    const most = this.#framing.overheadBytes + message.length;
    if (this.#batch && this.#used + most > this.#batch.bytes.length) this.#flush();
    this.#batch ??= most > BATCH_BYTES ? newBatch(most) : (this.#spares.pop() ?? newBatch(BATCH_BYTES));
    this.#used = this.#framing.write(this.#batch, this.#used, message);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  pack(): void {}

  close(): void {
    if (this.#ended) return;
    this.#flush();
    this.#ended = true;
    const { farewell, opened } = this.#framing;
    if (farewell && opened) this.#socket.end(farewell);
    else this.#socket.end();
    // The other side may never answer; what was written is on its way.
    this.#socket.destroySoon();
  }

  #flush(): void {
    const batch = this.#batch;
    if (!batch) return;
    this.#batch = undefined;
    const out = new Uint8Array(batch.bytes.buffer, 0, this.#used);
    this.#used = 0;
    this.#socket.write(out, () => {
      if (batch.bytes.length === BATCH_BYTES && this.#spares.length < SPARES) this.#spares.push(batch);
    });
  }

  #connected(): void {
    const { greeting } = this.#framing;
    if (greeting) this.#socket.write(greeting);
    this.#opened();
  }

  #opened(): void {
    if (this.#isOpen || !this.#framing.opened) return;
    this.#isOpen = true;
    this.#events.opened();
  }

  #read(chunk: Buffer): void {
    if (this.#ended) return;
    let bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    try {
      if (this.#held > 0) {
        const held = this.#held + bytes.length;
        if (held > this.#rest.length) {
          const larger = new Uint8Array(Math.max(held, this.#framing.need));
          larger.set(this.#rest.subarray(0, this.#held));
          this.#rest = larger;
        }
        this.#rest.set(bytes, this.#held);
        this.#held = held;
        if (held < this.#framing.need) return;
        bytes = this.#rest.subarray(0, held) as Uint8Array<ArrayBuffer>;
        this.#held = 0;
      }
      const at = this.#framing.read(bytes, 0, bytes.length);
      this.#opened();
      this.#held = bytes.length - at;
      if (this.#held > 0) {
        this.#rest = new Uint8Array(Math.max(this.#held, this.#framing.need));
        this.#rest.set(bytes.subarray(at));
      }
    } catch (thrown) {
      this.#events.broken(ArqonError.from(thrown, "WIRE_MALFORMED"));
      this.close();
    }
  }

  #farewell(code: number, reason: string): void {
    this.#goodbye ??= { code, reason };
    this.close();
  }

  #gone(): void {
    this.#ended = true;
    const { code, reason } = this.#goodbye ?? { code: 1006, reason: "" };
    this.#events.closed(code, reason);
  }
}

function isIp(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(":");
}
