/** One row of a bench table: a figure, and the peer or oracle it was measured beside in the same run. */

/** What a bench prints. Field names are stable: other tools read them. */
export interface BenchRow {
  /** `bench/case/metric@peer`, e.g. "bus/one-to-one/cpu_us@ws"; without a peer the `@peer` is left out. */
  readonly id: string;
  readonly bench: string;
  readonly case: string;
  readonly metric: string;
  /** Median of our repetitions. */
  readonly value: number;
  readonly unit: string;
  readonly peer: string | null;
  /** Median of the peer's repetitions. */
  readonly peerValue: number | null;
  /** value / peerValue. */
  readonly ratio: number | null;
  /** Repetitions. */
  readonly n: number;
  readonly min: number;
  readonly max: number;
  /** The worst ratio (or value, without a peer) that is acceptable. */
  readonly floor: number | null;
  /** The ratio (or value) aimed at. */
  readonly target: number | null;
}

/** What `npm run bench -- NAME` runs. */
export interface BenchModule {
  readonly name: string;
  rows(options: BenchOptions): AsyncGenerator<BenchRow>;
}

/** How thorough to be. */
export interface BenchOptions {
  /** Fewer and shorter repetitions, to see that everything works. */
  readonly quick: boolean;
  /** Progress for people, on stderr. */
  log(line: string): void;
}

/** The middle of a list of numbers. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Builds a row from the repetitions of ours and, where there is one, of the peer. */
export function benchRow(row: {
  readonly bench: string;
  readonly case: string;
  readonly metric: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly peer?: { readonly name: string; readonly values: readonly number[] };
  readonly floor?: number;
  readonly target?: number;
}): BenchRow {
  const value = median(row.values);
  const peerValue = row.peer ? median(row.peer.values) : null;
  return {
    id: `${row.bench}/${row.case}/${row.metric}${row.peer ? `@${row.peer.name}` : ""}`,
    bench: row.bench,
    case: row.case,
    metric: row.metric,
    value,
    unit: row.unit,
    peer: row.peer?.name ?? null,
    peerValue,
    ratio: peerValue ? value / peerValue : null,
    n: row.values.length,
    min: Math.min(...row.values),
    max: Math.max(...row.values),
    floor: row.floor ?? null,
    target: row.target ?? null,
  };
}
