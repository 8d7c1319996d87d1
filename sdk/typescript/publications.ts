/** What was published and not yet acknowledged; it is sent again, with the same id, on every new connection. */
import { ArqonError } from "@arqon/core/base";
import { errorFromInfo, type OpCase, type PublishAck } from "@arqon/core/wire";
import type { Link } from "./link.ts";
import type { Part } from "./part.ts";

interface Pending {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly outcome: PromiseWithResolvers<PublishAck>;
}

/** Most bytes waiting for acknowledgement. */
const LIMIT_BYTES = 64 * 1024 * 1024;

/** Publications between `publish` and their acknowledgement, by message id. */
export class Publications implements Part {
  readonly #pending = new Map<string, Pending[]>();
  #bytes = 0;

  /**
   * Keeps a publication until it is acknowledged, and sends it if there is a connection.
   * @throws ArqonError `RATE_LIMITED` when 64 MiB wait already.
   */
  async publish(id: string, bytes: Uint8Array<ArrayBuffer>, link: Link | undefined): Promise<PublishAck> {
    if (this.#bytes + bytes.length > LIMIT_BYTES)
      throw new ArqonError(
        "RATE_LIMITED",
        `${this.#bytes} bytes wait for acknowledgement, limit ${LIMIT_BYTES}`,
      );
    link?.send(bytes);
    const entry: Pending = { bytes, outcome: Promise.withResolvers<PublishAck>() };
    const same = this.#pending.get(id);
    if (same) same.push(entry);
    else this.#pending.set(id, [entry]);
    this.#bytes += bytes.length;
    return entry.outcome.promise;
  }

  /** The caller stopped waiting: do not send it again. */
  forget(id: string): void {
    this.#take(id);
  }

  stood(link: Link): void {
    for (const [id, entries] of [...this.#pending])
      for (const { bytes, outcome } of [...entries])
        try {
          link.send(bytes);
        } catch (thrown) {
          if (ArqonError.from(thrown).code !== "WIRE_TOO_LARGE") throw thrown;
          this.#take(id);
          outcome.reject(thrown);
        }
  }

  op(op: OpCase): boolean {
    if (op.case === "publishAck") {
      this.#take(op.value.messageId)?.outcome.resolve(op.value);
      return true;
    }
    if (op.case !== "error") return false;
    const entry = this.#take(op.value.messageId);
    entry?.outcome.reject(errorFromInfo(op.value));
    return entry !== undefined;
  }

  closed(error: ArqonError): void {
    for (const entries of this.#pending.values()) for (const { outcome } of entries) outcome.reject(error);
    this.#pending.clear();
    this.#bytes = 0;
  }

  /** The oldest publication of an id; the server answers them in order. */
  #take(id: string): Pending | undefined {
    const entries = this.#pending.get(id);
    const entry = entries?.shift();
    if (entries?.length === 0) this.#pending.delete(id);
    this.#bytes -= entry?.bytes.length ?? 0;
    return entry;
  }
}
