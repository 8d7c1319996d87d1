/** The two lives of a simulated file: what programs see, and what is on the media. */
import type { Random } from "@arqon/core/base";

type Change =
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly length: number };

const SECTOR_BYTES = 512;

/** Bytes that grow, with zeros in holes. */
class Content {
  #bytes = new Uint8Array(1024);
  length = 0;

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  apply(change: Change): void {
    const end = change.kind === "write" ? change.offset + change.bytes.length : change.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      larger.set(this.view());
      this.#bytes = larger;
    }
    if (change.kind === "write") {
      this.#bytes.set(change.bytes, change.offset);
      this.length = Math.max(this.length, end);
    } else {
      this.#bytes.fill(0, Math.min(end, this.length), Math.max(end, this.length));
      this.length = end;
    }
  }
}

/** One file, apart from its name. */
export class SimulatedFile {
  readonly #cached = new Content();
  #durable = new Content();
  #pending: Change[] = [];

  get length(): number {
    return this.#cached.length;
  }

  /** The bytes programs see. */
  view(): Uint8Array {
    return this.#cached.view();
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#change({ kind: "write", offset, bytes: bytes.slice() });
  }

  truncate(length: number): void {
    this.#change({ kind: "truncate", length });
  }

  #change(change: Change): void {
    this.#cached.apply(change);
    this.#pending.push(change);
  }

  /** Everything seen is on the media, but for the newest `except` changes. */
  sync(except = 0): void {
    for (const change of this.#pending.splice(0, this.#pending.length - except)) this.#durable.apply(change);
  }

  /** What a failed sync leaves: programs still see the changes, but nothing will ever write them out. */
  forgetPending(): void {
    this.#pending = [];
  }

  /** The power ends: of the changes that were not synced, some are kept, some torn, some lost. */
  losePower(random: Random): void {
    const manner = random.nextInt(4);
    const kept = random.nextInt(this.#pending.length + 1);
    for (const [position, change] of this.#pending.entries()) {
      if (manner === 0 || (manner === 1 && position < kept)) this.#durable.apply(change);
      else if (manner === 1 && position === kept) this.#tear(change, random);
      else if (manner === 2) this.#scatter(change, random);
    }
    this.#pending = [];
    this.#cached.apply({ kind: "truncate", length: 0 });
    this.#cached.apply({ kind: "write", offset: 0, bytes: this.#durable.view() });
  }

  #tear(change: Change, random: Random): void {
    if (change.kind !== "write") return;
    const bytes = change.bytes.subarray(0, random.nextInt(change.bytes.length + 1));
    this.#durable.apply({ ...change, bytes });
  }

  /** Keeps any of a change's sectors, in no order. */
  #scatter(change: Change, random: Random): void {
    if (change.kind === "truncate") {
      if (random.nextInt(2) === 0) this.#durable.apply(change);
      return;
    }
    const end = change.offset + change.bytes.length;
    for (let from = change.offset; from < end; ) {
      const to = Math.min(end, (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      const bytes = change.bytes.subarray(from - change.offset, to - change.offset);
      if (random.nextInt(2) === 0) this.#durable.apply({ kind: "write", offset: from, bytes });
      from = to;
    }
  }
}
