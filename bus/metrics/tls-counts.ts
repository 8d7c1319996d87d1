/** Handshakes of TLS, counted by what was agreed and by why there was no agreement. */
import type { Sample } from "./exposition.ts";

/** Counters with a few labels, each from a closed list. */
export class TlsCounts {
  readonly #handshakes = new Map<string, { labels: Record<string, string>; count: number }>();
  readonly #refusals = new Map<string, { labels: Record<string, string>; count: number }>();

  /** A connection was made. */
  secured({ mode, group, signature }: Record<"mode" | "group" | "signature", string>): void {
    count(this.#handshakes, { mode, group, signature });
  }

  /** A client was refused during its handshake. */
  refused({ mode, reason }: Record<"mode" | "reason", string>): void {
    count(this.#refusals, { mode, reason });
  }

  get handshakes(): Sample[] {
    return samples(this.#handshakes);
  }

  get refusals(): Sample[] {
    return samples(this.#refusals);
  }
}

type Counts = Map<string, { labels: Record<string, string>; count: number }>;

function count(counts: Counts, labels: Record<string, string>): void {
  const key = Object.values(labels).join(" ");
  const known = counts.get(key);
  if (known) known.count++;
  else counts.set(key, { labels, count: 1 });
}

function samples(counts: Counts): Sample[] {
  return [...counts.keys()].sort().map((key) => {
    const { labels, count: value } = counts.get(key) as { labels: Record<string, string>; count: number };
    return [labels, value];
  });
}
