/** Arguments as scripts without types give them. */
import { ArqonError } from "@arqon/core/base";

/** @throws ArqonError `USAGE` */
export function requireText(what: string, value: unknown): string {
  if (typeof value === "string") return value;
  const given = value instanceof Uint8Array ? "bytes; decode them first" : typeof value;
  throw new ArqonError("USAGE", `${what} is text, not ${value === null ? "null" : given}`);
}

/** @throws ArqonError `USAGE` for a text too, whose letters it is not. */
export function requireList<T>(what: string, value: readonly T[]): readonly T[] {
  if (Array.isArray(value)) return value;
  throw new ArqonError("USAGE", `${what} is a list, not ${value === null ? "null" : typeof value}`);
}

/** The value that a name stands for. @throws ArqonError `USAGE` for a name that is none of the table's. */
export function requireOneOf<T>(what: string, name: string, table: Readonly<Record<string, T>>): T {
  if (Object.hasOwn(table, name)) return table[name] as T;
  const names = Object.keys(table).join(", ");
  throw new ArqonError("USAGE", `${what} is ${JSON.stringify(name)}, one of ${names} is meant`);
}
