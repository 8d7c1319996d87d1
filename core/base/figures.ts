/** Numbers for people: counts, sizes and durations in messages. */

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const;
const DURATIONS: readonly (readonly [unit: string, ms: number])[] = [
  ["years", 31_557_600_000],
  ["days", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
  ["ms", 1],
  ["µs", 0.001],
];

/** A number with its noun, e.g. "1 qubit", "2 qubits". */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A size in binary units with three digits, e.g. "1.5 GiB"; a power of ten where no unit reaches. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < SIZES.length - 1) {
    value /= 1024;
    unit++;
  }
  if (value >= 10_000) return `about ${bytes.toExponential(0).replace("e+", "·10^")} bytes`;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${SIZES[unit]}`;
}

/** A duration with three digits in the largest unit that fits, e.g. "2.4 h"; a power of ten of years beyond. */
export function formatDuration(ms: number): string {
  const [unit, size] = DURATIONS.find(([, least]) => ms >= least) ?? ["µs", 0.001];
  const value = ms / size;
  if (value >= 100_000) return `about ${value.toExponential(0).replace("e+", "·10^")} ${unit}`;
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${unit}`;
}
