/** How long something takes: in nanoseconds, or in a machine's own steps (dt), whose length only the machine knows. */

/** A time. */
export interface Duration {
  readonly value: number;
  readonly unit: "ns" | "dt";
}

/** A time as texts write it: "100ns", "1.5us", "160dt". */
export type DurationText = `${number}${"s" | "ms" | "us" | "µs" | "ns" | "dt"}`;

const NANOSECONDS: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 };

/** Reads a time; `undefined` for anything else, and for one too long to be a number. */
export function parseDuration(text: string): Duration | undefined {
  const [, digits, unit] = /^([\d.]+(?:[eE][+-]?\d+)?)\s*(s|ms|us|µs|ns|dt)$/.exec(text) ?? [];
  const value = Number(digits) * (NANOSECONDS[unit ?? ""] ?? 1);
  return Number.isFinite(value) ? { value, unit: unit === "dt" ? "dt" : "ns" } : undefined;
}

/** A time as text that reads back to the same bits. */
export function durationText({ value, unit }: Duration): string {
  return `${decimal(value)}${unit}`;
}

/** A number in digits that every reader of OpenQASM takes. */
export function decimal(value: number): string {
  const text = Object.is(value, -0) ? "0" : String(value);
  const [digits, exponent] = text.split("e") as [string, string | undefined];
  if (exponent === undefined) return digits;
  return `${digits.includes(".") ? digits : `${digits}.0`}e${exponent.replace("+", "")}`;
}

/** Nanoseconds; `undefined` for machine steps of unknown length. */
export function nanoseconds({ value, unit }: Duration, dtNs: number | undefined): number | undefined {
  return unit === "ns" ? value : dtNs === undefined ? undefined : value * dtNs;
}
