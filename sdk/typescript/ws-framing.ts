/** The client's side of RFC 6455 over a plain stream: the upgrade, masked frames out, unmasked frames in. */
import { ArqonError, type Entropy, fromUtf8, toBase64, utf8 } from "@arqon/core/base";
import { SUBPROTOCOL } from "@arqon/core/wire";
import type { Batch, Framing, FramingHost } from "./framing.ts";
import { MAX_MESSAGE_BYTES } from "./pipe.ts";

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAX_HEAD_BYTES = 16 * 1024;
/** Mask keys drawn at a time. */
const KEYS = 256;

/** SHA-1 of a text in base 64, which only the upgrade of WebSocket still asks for. */
export type Sha1 = (text: string) => string;

/** A WebSocket that offers the binary subprotocol. */
export class WsFraming implements Framing {
  readonly greeting: Uint8Array;
  readonly farewell: Uint8Array;
  readonly overheadBytes: number = 14;
  need = 0;
  opened = false;
  readonly #host: FramingHost;
  readonly #entropy: Entropy;
  readonly #accept: string;
  #fragments: Uint8Array[] = [];
  #keys = new Int32Array(0);
  #usedKeys = 0;

  constructor(host: FramingHost, url: URL, entropy: Entropy, sha1: Sha1) {
    this.#host = host;
    this.#entropy = entropy;
    const key = toBase64(entropy(16));
    this.#accept = sha1(key + GUID);
    this.greeting = utf8(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
    );
    this.farewell = this.#frame(OPCODE.close, Uint8Array.of(0x03, 0xe8));
  }

  read(bytes: Uint8Array, from: number, end: number): number {
    let at = this.opened ? from : this.#readUpgrade(bytes, from, end);
    this.need = 0;
    while (this.opened && at + 2 <= end) {
      const first = bytes[at] as number;
      const second = bytes[at + 1] as number;
      if (first & 0x70 || second & 0x80)
        throw new ArqonError("WIRE_PROTOCOL", "the server sent a frame with a reserved bit or a mask");
      let length = second;
      let head = at + 2;
      if (second >= 126) {
        head += second === 126 ? 2 : 8;
        if (head > end) break;
        length = 0;
        for (let i = at + 2; i < head; i++) length = length * 256 + (bytes[i] as number);
        if (length > MAX_MESSAGE_BYTES)
          throw new ArqonError("WIRE_TOO_LARGE", `a frame of ${length} bytes, limit ${MAX_MESSAGE_BYTES}`);
      }
      if (length > end - head) {
        this.need = head - at + length;
        break;
      }
      at = head + length;
      this.#frameCame(first, bytes, head, at);
    }
    return at;
  }

  write({ bytes, words }: Batch, at: number, message: Uint8Array): number {
    const { length } = message;
    bytes[at] = 0x80 | OPCODE.binary;
    let to = at + 2;
    if (length < 126) bytes[at + 1] = 0x80 | length;
    else if (length < 65_536) {
      bytes[at + 1] = 0x80 | 126;
      bytes[to++] = length >>> 8;
      bytes[to++] = length & 0xff;
    } else {
      bytes[at + 1] = 0x80 | 127;
      for (let i = 0; i < 8; i++) bytes[to++] = i < 4 ? 0 : (length >>> (8 * (7 - i))) & 0xff;
    }
    const key = this.#nextKey();
    for (let shift = 0; shift < 32; shift += 8) bytes[to++] = (key >>> shift) & 0xff;
    bytes.set(message, to);
    mask(bytes, words, to, to + length, key);
    return to + length;
  }

  #readUpgrade(bytes: Uint8Array, from: number, end: number): number {
    let to = from + 3;
    while (
      to < end &&
      !(bytes[to] === 10 && bytes[to - 1] === 13 && bytes[to - 2] === 10 && bytes[to - 3] === 13)
    )
      to++;
    if (to >= end) {
      if (end - from > MAX_HEAD_BYTES)
        throw new ArqonError("WIRE_PROTOCOL", "the answer to the upgrade is too long");
      return from;
    }
    const [status = "", ...lines] = fromUtf8(bytes.subarray(from, to)).split("\r\n");
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    if (!/^HTTP\/1\.1 101\b/.test(status))
      throw new ArqonError("SERVER_UNREACHABLE", `what answers is not a bus: ${status.slice(0, 80)}`);
    if (headers.get("sec-websocket-accept") !== this.#accept)
      throw new ArqonError("WIRE_PROTOCOL", "the upgrade was answered for another key");
    if (headers.get("sec-websocket-protocol") !== SUBPROTOCOL)
      throw new ArqonError("WIRE_PROTOCOL", `the server does not speak ${SUBPROTOCOL}`);
    this.opened = true;
    return to + 1;
  }

  #frameCame(first: number, bytes: Uint8Array, from: number, to: number): void {
    const opcode = first & 0x0f;
    const isLast = (first & 0x80) !== 0;
    if (opcode === OPCODE.binary && isLast && this.#fragments.length === 0)
      this.#host.message(bytes, from, to);
    else if (opcode === OPCODE.ping) this.#host.reply(this.#frame(OPCODE.pong, bytes.subarray(from, to)));
    else if (opcode === OPCODE.close) {
      const code = to - from >= 2 ? (bytes[from] as number) * 256 + (bytes[from + 1] as number) : 1005;
      this.#host.goodbye(code, to - from > 2 ? new TextDecoder().decode(bytes.subarray(from + 2, to)) : "");
    } else if (opcode === OPCODE.continuation || opcode === OPCODE.binary) {
      if ((opcode === OPCODE.continuation) !== this.#fragments.length > 0)
        throw new ArqonError("WIRE_PROTOCOL", "a fragment out of its order");
      this.#fragmentCame(bytes.subarray(from, to), isLast);
    } else if (opcode !== OPCODE.pong)
      throw new ArqonError("WIRE_MALFORMED", `the server sent a frame of kind ${opcode}`);
  }

  #fragmentCame(fragment: Uint8Array, isLast: boolean): void {
    this.#fragments.push(fragment);
    const length = this.#fragments.reduce((sum, each) => sum + each.length, 0);
    if (length > MAX_MESSAGE_BYTES)
      throw new ArqonError("WIRE_TOO_LARGE", `a message of ${length} bytes, limit ${MAX_MESSAGE_BYTES}`);
    if (!isLast) return;
    const whole = new Uint8Array(length);
    let at = 0;
    for (const each of this.#fragments) {
      whole.set(each, at);
      at += each.length;
    }
    this.#fragments = [];
    this.#host.message(whole, 0, length);
  }

  /** A control frame. */
  #frame(opcode: number, payload: Uint8Array): Uint8Array {
    const frame = new Uint8Array(6 + payload.length);
    const key = this.#entropy(4);
    frame.set([0x80 | opcode, 0x80 | payload.length, ...key]);
    payload.forEach((byte, i) => {
      frame[6 + i] = byte ^ (key[i & 3] as number);
    });
    return frame;
  }

  #nextKey(): number {
    if (this.#usedKeys === this.#keys.length) {
      this.#keys = new Int32Array(this.#entropy(4 * KEYS).buffer);
      this.#usedKeys = 0;
    }
    return this.#keys[this.#usedKeys++] as number;
  }
}

/** XORs `bytes[from, to)` with a four-byte key whose lowest byte comes first. */
function mask(bytes: Uint8Array, words: Int32Array, from: number, to: number, key: number): void {
  let at = from;
  let turned = key;
  for (; at < to && (at & 3) !== 0; at++) {
    bytes[at] = (bytes[at] as number) ^ (turned & 0xff);
    turned = (turned >>> 8) | (turned << 24);
  }
  const lastWord = to >> 2;
  for (let word = at >> 2; word < lastWord; word++) words[word] = (words[word] as number) ^ turned;
  if (at < to) at = Math.max(at, lastWord << 2);
  for (; at < to; at++) {
    bytes[at] = (bytes[at] as number) ^ (turned & 0xff);
    turned = (turned >>> 8) | (turned << 24);
  }
}
