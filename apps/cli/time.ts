/** Moments on the command line. */
import { ArqonError, systemClock } from "@arqon/core/base";
import type { Arguments, Option } from "./command.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3_600, d: 86_400 };

/** The options of commands that read a range of a log. */
export const RANGE_OPTIONS: Readonly<Record<"from" | "to" | "since" | "until", Option>> = {
  from: { type: "string", value: "N", help: "first sequence" },
  to: { type: "string", value: "N", help: "last sequence" },
  since: {
    type: "string",
    value: "TIME",
    help: "UTC, e.g. 2026-08-01T12:00:00Z, or ago: 90s, 10min, 2h, 1d",
  },
  until: { type: "string", value: "TIME", help: "up to this time, written as above" },
};

/** UTC microseconds of the moment an option names. @throws ArqonError `USAGE` */
export function timeOption(args: Arguments, option: "since" | "until"): number | undefined {
  const text = args.text(option);
  if (text === undefined) return undefined;
  const [, amount, unit = ""] = /^([0-9]{1,9})(s|min|h|d)$/.exec(text) ?? [];
  const us = amount
    ? systemClock.nowUs() - Number(amount) * (UNITS[unit] ?? 0) * 1_000_000
    : Date.parse(/T.*[0-9]$/.test(text) && !/[+-][0-9:]{4,5}$/.test(text) ? `${text}Z` : text) * 1000;
  if (!Number.isFinite(us) || us < 0)
    throw new ArqonError("USAGE", `--${option} ${text}: expected e.g. 2026-08-01T12:00:00Z, or 10min`);
  return Math.floor(us);
}
