/** What a Reality promises: declared when it is made, kept for as long as it is, readable by everyone in it. */
import { ArqonError, type Json } from "@arqon/core/base";
import { Durability } from "@arqon/core/wire";

/** What a slow reader loses: the oldest or the newest of what may be left out, or its connection. */
export type SlowConsumer = "drop_oldest" | "drop_newest" | "disconnect";
/** What becomes of a message that says nothing about it. */
export type DefaultDurability = "ephemeral" | "logged" | "synced";
/** One order for everything, one in each topic, or one in each of so many parts. */
export type Ordering = "total" | "per_topic" | `partitioned(${number})`;

/** The most a Reality keeps of its log; 0 is no bound. Whole segments are deleted until it is met, never the newest. */
export interface Retention {
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly maxMessages: number;
}

/** The laws of one Reality. */
export interface RealityLaws {
  readonly ordering: Ordering;
  readonly durability: DefaultDurability;
  readonly retention: Retention;
  readonly slowConsumer: SlowConsumer;
}

/** The laws of a Reality that was made without any. */
export const DEFAULT_LAWS: RealityLaws = {
  ordering: "total",
  durability: "ephemeral",
  retention: { maxAgeMs: 0, maxBytes: 0, maxMessages: 0 },
  slowConsumer: "drop_oldest",
};

/** Most parts of a partitioned order: as many actors as a vector clock holds. */
const MAX_PARTITIONS = 64;

const wrong = (why: string): ArqonError => new ArqonError("LAWS_INVALID", why);

/** Partitions of an order; 0: it is not partitioned. */
export function partitionsOf(ordering: Ordering): number {
  const parts = /^partitioned\(([1-9][0-9]?)\)$/.exec(ordering)?.[1];
  return parts === undefined ? 0 : Number(parts);
}

/** Whether a message with this durability is not logged under these laws. */
export function isEphemeral(durability: number, laws: RealityLaws): boolean {
  if (durability !== Durability.UNSPECIFIED) return durability === Durability.EPHEMERAL;
  return laws.durability === "ephemeral";
}

/** Reads laws; what is left out has its default. @throws ArqonError `LAWS_INVALID` naming what is wrong. */
export function readLaws(json: Json): RealityLaws {
  const { ordering, durability, retention, slowConsumer } = fields(
    json,
    ["ordering", "durability", "retention", "slowConsumer"],
    "laws",
  );
  return {
    ordering: ordering === undefined ? DEFAULT_LAWS.ordering : readOrdering(ordering),
    durability: oneOf(durability, ["ephemeral", "logged", "synced"], "durability"),
    retention: readRetention(retention ?? {}),
    slowConsumer: oneOf(slowConsumer, ["drop_oldest", "drop_newest", "disconnect"], "slowConsumer"),
  };
}

function readOrdering(value: Json): Ordering {
  if (value === "total" || value === "per_topic") return value;
  const parts = typeof value === "string" ? partitionsOf(value as Ordering) : 0;
  if (parts === 0 || parts > MAX_PARTITIONS)
    throw wrong(`ordering is "total", "per_topic" or "partitioned(n)" with n from 1 to ${MAX_PARTITIONS}`);
  return value as Ordering;
}

function readRetention(json: Json): Retention {
  const given = fields(json, ["maxAgeMs", "maxBytes", "maxMessages"], "retention");
  const bound = (name: keyof Retention): number => {
    const value = given[name] ?? 0;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
      throw wrong(`retention.${name} is a whole number from 0 on; 0 is no bound`);
    return value;
  };
  return { maxAgeMs: bound("maxAgeMs"), maxBytes: bound("maxBytes"), maxMessages: bound("maxMessages") };
}

function oneOf<T extends string>(value: Json | undefined, known: readonly [T, ...T[]], what: string): T {
  if (value === undefined) return known[0];
  const found = known.find((one) => one === value);
  if (found === undefined) throw wrong(`${what} is one of ${known.join(", ")}`);
  return found;
}

function fields(json: Json, known: readonly string[], what: string): { readonly [name: string]: Json } {
  if (json === null || typeof json !== "object" || Array.isArray(json)) throw wrong(`${what} is an object`);
  const stranger = Object.keys(json).find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw wrong(`${what} has no "${stranger.slice(0, 64)}"; it has ${known.join(", ")}`);
  return json as { readonly [name: string]: Json };
}
