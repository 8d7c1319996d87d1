/** What was published and not yet acknowledged; it is sent again, with the same id, on every new connection. */
import { ArqonError } from "@arqon/core/base";
import { create, errorFromInfo, type OpCase, type PublishAck, PublishAckSchema } from "@arqon/core/wire";
import type { Link } from "./link.ts";
import type { Part } from "./part.ts";

/** One publication until its answer. */
export interface Pending {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly outcome: PromiseWithResolvers<PublishAck>;
  /** Its place among all that was sent on this connection; -1 when it was not. */
  position: number;
  /** Nobody waits for it: it is not sent again. */
  isForgotten: boolean;
}

/** Most bytes waiting for acknowledgement. */
const LIMIT_BYTES = 64 * 1024 * 1024;

/** Publications between `publish` and their acknowledgement, by message id. */
export class Publications implements Part {
  readonly #pending = new Map<string, Pending[]>();
  /** What was sent on this connection, in order and from `#base` on; the answered are left out. */
  #sent: (Pending | undefined)[] = [];
  #base = 0;
  /** Answered ones at the start of `#sent`. */
  #head = 0;
  #bytes = 0;

  /**
   * Keeps a publication until it is acknowledged, and sends it if there is a connection.
   * @throws ArqonError `RATE_LIMITED` when 64 MiB wait already.
   */
  publish(id: string, bytes: Uint8Array, link: Link | undefined): Pending {
    if (this.#bytes + bytes.length > LIMIT_BYTES)
      throw new ArqonError(
        "RATE_LIMITED",
        `${this.#bytes} bytes wait for acknowledgement, limit ${LIMIT_BYTES}`,
      );
    link?.publish(bytes);
    const outcome = Promise.withResolvers<PublishAck>();
    const entry: Pending = { id, bytes, outcome, position: -1, isForgotten: false };
    if (link) this.#place(entry);
    const same = this.#pending.get(id);
    if (same) same.push(entry);
    else this.#pending.set(id, [entry]);
    this.#bytes += bytes.length;
    return entry;
  }

  /** The caller stopped waiting: do not send it again. */
  forget(entry: Pending): void {
    entry.isForgotten = true;
    // Sent, it still has its answer to come, which may be one for several.
    if (entry.position < 0) this.#drop(entry);
  }

  stood(link: Link): void {
    for (const entries of [...this.#pending.values()])
      for (const entry of [...entries])
        try {
          link.publish(entry.bytes);
          this.#place(entry);
        } catch (thrown) {
          if (ArqonError.from(thrown).code !== "WIRE_TOO_LARGE") throw thrown;
          this.#drop(entry);
          entry.outcome.reject(thrown);
        }
  }

  lost(): void {
    this.#sent = [];
    this.#base = 0;
    this.#head = 0;
    for (const entries of [...this.#pending.values()])
      for (const entry of [...entries]) {
        entry.position = -1;
        if (entry.isForgotten) this.#drop(entry);
      }
  }

  op(op: OpCase): boolean {
    if (op.case === "publishAck") {
      this.#acknowledged(op.value);
      return true;
    }
    if (op.case !== "error") return false;
    const entry = this.#pending.get(op.value.messageId)?.[0];
    if (!entry) return false;
    this.#drop(entry);
    entry.outcome.reject(errorFromInfo(op.value));
    return true;
  }

  closed(error: ArqonError): void {
    for (const entries of this.#pending.values()) for (const { outcome } of entries) outcome.reject(error);
    this.#pending.clear();
    this.#sent = [];
    this.#bytes = 0;
  }

  #place(entry: Pending): void {
    entry.position = this.#base + this.#sent.length;
    this.#sent.push(entry);
  }

  /** The server answers the publications of one id in order; one answer may be for several ids. */
  #acknowledged(ack: PublishAck): void {
    const last = this.#pending.get(ack.messageId)?.[0];
    if (!last) return;
    let left = ack.count - 1;
    let sequence = ack.sequence;
    for (let at = last.position - this.#base - 1; left > 0 && at >= 0; at--) {
      const entry = this.#sent[at];
      if (!entry) continue;
      left--;
      sequence--;
      const { durability } = ack;
      this.#drop(entry);
      entry.outcome.resolve(create(PublishAckSchema, { messageId: entry.id, sequence, durability }));
    }
    this.#drop(last);
    last.outcome.resolve(ack);
  }

  #drop(entry: Pending): void {
    const same = this.#pending.get(entry.id);
    const at = same?.indexOf(entry) ?? -1;
    if (!same || at < 0) return;
    same.splice(at, 1);
    if (same.length === 0) this.#pending.delete(entry.id);
    this.#bytes -= entry.bytes.length;
    if (entry.position < 0) return;
    this.#sent[entry.position - this.#base] = undefined;
    while (this.#head < this.#sent.length && !this.#sent[this.#head]) this.#head++;
    if (this.#head > 64 && this.#head * 2 > this.#sent.length) {
      this.#sent.splice(0, this.#head);
      this.#base += this.#head;
      this.#head = 0;
    }
  }
}
