/** Random and hostile bytes of a publisher, for the test that holds the kernel against the plain path. */
import type { Random } from "@arqon/core/base";

const TOPICS = [
  "lab.sensor.read",
  "lab.sensor.write",
  "lab.a.b",
  "guest.open.topic",
  "secret.room.key",
  "lab.jobs",
  "sys.session.ping",
  "inbox.someone.1",
  "inbox.nobody.1",
  "one.two",
  "Lab..x",
  `lab.long.${"x".repeat(50)}.${"y".repeat(50)}`,
  `lab.long.${"x".repeat(60)}.${"y".repeat(60)}`,
  "lab.sensor.*",
  "lab.grüße.de",
  "",
];
const IDS = [
  "01980000-7a3b-7c11-9f00-0123456789ab",
  "01980000-7a3b-7c11-9f00-ffffffffffff",
  "01980000-7a3b-7c11-cf00-0123456789ab",
  "01980000-7a3b-4c11-9f00-0123456789ab",
  "01980000-7A3B-7c11-9f00-0123456789ab",
  "01980000-7a3b-7c11-9f00-0123456789a",
  "01980000_7a3b-7c11-9f00-0123456789ab",
  "",
];
/** Payload sizes at which the header of a frame, or of a length, becomes longer. */
const SIZES = [0, 1, 7, 15, 16, 17, 30, 63, 64, 65, 100, 300, 1_024, 16_300, 65_400, 65_536];

/** Makes the bytes a publisher sends. */
export class Hostile {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#random.nextInt(list.length)] as T;
  }

  #chance(oneIn: number): boolean {
    return this.#random.nextInt(oneIn) === 0;
  }

  #bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let i = 0; i < length; i++) bytes[i] = this.#random.nextInt(256);
    return bytes;
  }

  /** A number as a varint, now and then longer than it need be. */
  #varint(value: number): Buffer {
    const out: number[] = [];
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
    out.push(rest);
    if (this.#chance(60)) {
      out[out.length - 1] = (out.at(-1) as number) | 0x80;
      for (let more = this.#random.nextInt(9); more > 0; more--) out.push(0x80);
      out.push(0);
    }
    return Buffer.from(out);
  }

  #text(field: number, text: string | Buffer): Buffer {
    const bytes = Buffer.from(text as string);
    return Buffer.concat([this.#varint(field * 8 + 2), this.#varint(bytes.length), bytes]);
  }

  #number(field: number, value: number): Buffer {
    return Buffer.concat([this.#varint(field * 8), this.#varint(value)]);
  }

  /** An envelope: mostly a good one on a few topics. */
  envelope(): Buffer {
    const good = !this.#chance(4);
    const fields = [
      this.#text(1, good || this.#chance(2) ? (IDS[0] as string) : this.#one(IDS)),
      this.#text(3, good ? this.#one(TOPICS.slice(0, 4)) : this.#one(TOPICS)),
      this.#number(9, good ? 1 : this.#random.nextInt(9)),
      this.#text(8, this.#payload(good)),
    ];
    if (this.#chance(3))
      fields.push(this.#number(14, good ? this.#random.nextInt(2) : this.#random.nextInt(5)));
    if (this.#chance(4)) fields.push(this.#text(11, this.#word("arqonbus.sim.entity.v1", good)));
    if (this.#chance(9)) fields.push(this.#text(6, this.#trace(good)));
    if (this.#chance(8)) fields.push(this.#chance(3) ? (fields[1] as Buffer) : this.#odd());
    if (this.#chance(3)) fields.sort(() => this.#random.nextInt(3) - 1);
    const whole = Buffer.concat(fields);
    if (good || !this.#chance(4)) return whole;
    if (this.#chance(2) && whole.length > 0)
      whole[this.#random.nextInt(whole.length)] = this.#random.nextInt(256);
    return whole.subarray(0, this.#random.nextInt(whole.length + 1));
  }

  /** Text of other letters now and then, and what is no text. */
  #word(usual: string, good: boolean): string | Buffer {
    if (this.#chance(12)) return "größe.ψ.v1";
    return good || this.#chance(2) ? usual : this.#bytes(this.#random.nextInt(20));
  }

  #payload(good: boolean): Buffer {
    const value = this.#bytes(this.#chance(30) ? this.#one(SIZES) : this.#random.nextInt(120));
    if (!good && this.#chance(3)) return value;
    const parts = [
      this.#text(1, this.#word("type.googleapis.com/google.protobuf.Value", good)),
      this.#text(2, value),
    ];
    return this.#spoiled(parts, good);
  }

  #trace(good: boolean): Buffer {
    if (!good && this.#chance(3)) return this.#bytes(20);
    const parts = [
      this.#text(1, this.#word("traceparent", good)),
      this.#text(2, this.#word("00-1-2-01", good)),
    ];
    return this.#spoiled(parts, good);
  }

  /** The parts of a nested message: now and then in another order, one missing or another beside them. */
  #spoiled(parts: Buffer[], good: boolean): Buffer {
    if (this.#chance(10)) parts.reverse();
    if (this.#chance(10)) parts.pop();
    if (this.#chance(10)) parts.push(this.#number(9, this.#random.nextInt(300)));
    const whole = Buffer.concat(parts);
    return good || !this.#chance(4) ? whole : whole.subarray(0, this.#random.nextInt(whole.length + 1));
  }

  /** A field that makes an envelope unusual. */
  #odd(): Buffer {
    const field = this.#random.nextInt(this.#chance(4) ? 600 : 20);
    switch (this.#random.nextInt(6)) {
      case 0:
        return this.#number(field, this.#random.nextInt(70_000));
      case 1:
        return this.#text(field, this.#bytes(this.#random.nextInt(40)));
      case 2:
        return Buffer.concat([this.#varint(field * 8 + 1), this.#bytes(this.#random.nextInt(10))]);
      case 3:
        return Buffer.concat([this.#varint(field * 8 + 5), this.#bytes(this.#random.nextInt(6))]);
      case 4:
        return this.#text(16, this.#one(TOPICS));
      default:
        return this.#bytes(this.#random.nextInt(12));
    }
  }

  /** A message behind its length, which is wrong now and then. */
  record(payload: Buffer): Buffer {
    const length = this.#chance(300) ? this.#random.nextInt(2 ** 24) : payload.length;
    return Buffer.concat([this.#varint(length), payload]);
  }

  /** Some messages in one frame, cut short now and then. */
  packed(): Buffer {
    const records = Array.from({ length: this.#random.nextInt(5) }, () => this.record(this.envelope()));
    const whole = Buffer.concat(records);
    return this.frame(this.#chance(200) ? whole.subarray(0, this.#random.nextInt(whole.length + 1)) : whole);
  }

  /** A frame: mostly a whole, masked, binary one. */
  frame(payload: Buffer): Buffer {
    if (this.#chance(40)) return this.#oddFrame(payload);
    return maskedFrame(0x82, payload, this.#bytes(4));
  }

  #oddFrame(payload: Buffer): Buffer {
    const key = this.#bytes(4);
    const cut = this.#random.nextInt(payload.length + 1);
    switch (this.#random.nextInt(10)) {
      case 0:
        return maskedFrame(0x89, payload.subarray(0, 125), key);
      case 1:
        return maskedFrame(0x8a, payload.subarray(0, 125), key);
      case 2:
      case 3:
        return Buffer.concat([
          maskedFrame(0x02, payload.subarray(0, cut), key),
          maskedFrame(0x89, Buffer.from("between"), key),
          maskedFrame(0x80, payload.subarray(cut), this.#bytes(4)),
        ]);
      case 4:
        return maskedFrame(0x82, payload, key, 1 + this.#random.nextInt(2));
      case 5:
        return maskedFrame(this.#chance(8) ? 0x81 : 0x82, payload, key);
      case 6:
        return this.#chance(8) ? maskedFrame(this.#random.nextInt(256), payload, key) : Buffer.alloc(0);
      case 7:
        return this.#chance(8) ? maskedFrame(0x88, Buffer.from([3, 232]), key) : Buffer.alloc(0);
      case 8:
        return this.#chance(8) ? Buffer.from([0x82, payload.length & 0x7f, ...payload]) : Buffer.alloc(0);
      default:
        return this.#chance(8) ? this.#bytes(this.#random.nextInt(30)) : Buffer.alloc(0);
    }
  }

  /** What one read of a socket may give: frames, or parts of them; `carry` begins it. */
  batch(carry: Buffer, make: () => Buffer): { readonly chunk: Buffer; readonly rest: Buffer } {
    const parts = [carry];
    for (let count = this.#random.nextInt(6); count >= 0; count--) parts.push(make());
    const all = Buffer.concat(parts);
    const end = this.#chance(3) ? this.#random.nextInt(all.length + 1) : all.length;
    return { chunk: all.subarray(0, end), rest: all.subarray(end) };
  }
}

/** @param longer  0: the shortest form of the length, 1 and 2: forms that are too long. */
function maskedFrame(first: number, payload: Buffer, key: Buffer, longer = 0): Buffer {
  const { length } = payload;
  const natural = length < 126 ? 0 : length < 65_536 ? 1 : 2;
  const form = Math.min(2, natural + longer);
  const head = Buffer.alloc(form === 0 ? 2 : form === 1 ? 4 : 10);
  head[0] = first;
  head[1] = 0x80 | (form === 0 ? length : form === 1 ? 126 : 127);
  if (form === 1) head.writeUInt16BE(length, 2);
  if (form === 2) head.writeBigUInt64BE(BigInt(length), 2);
  const masked = Buffer.from(payload);
  for (let i = 0; i < length; i++) masked[i] = (masked[i] as number) ^ (key[i & 3] as number);
  return Buffer.concat([head, key, masked]);
}
