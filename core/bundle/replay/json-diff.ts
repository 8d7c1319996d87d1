/** What differs between two JSON values, leaf by leaf. */
import type { Json } from "../../base/index.ts";

/** One leaf that differs; a side on which it is missing is `undefined`. */
export interface JsonChange {
  /** JSON Pointer (RFC 6901). */
  readonly pointer: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

const isBranch = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  value !== null && typeof value === "object";

/** All differing leaves, in the order of their pointers' keys. Lists are compared index by index. */
export function diffJson(before: Json | undefined, after: Json | undefined, pointer = ""): JsonChange[] {
  if (isBranch(before) && isBranch(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) =>
      diffJson(
        Object.hasOwn(before, key) ? before[key] : undefined,
        Object.hasOwn(after, key) ? after[key] : undefined,
        `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`,
      ),
    );
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ pointer, before, after }];
}

function shown(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

/** A change for people, e.g. "shots 100 -> 200" or "t1_ns 100000 -> 77000 (-23 %)". */
export function describeChange({ pointer, before, after }: JsonChange): string {
  // The last name, and the place in a list before it: of "/a/qubits/3/t1Ns", "qubits/3/t1Ns".
  const name = /(?:[^/]+\/[0-9]+\/)*[^/]*$/.exec(pointer)?.[0] || "value";
  const moved =
    typeof before === "number" && typeof after === "number" && before !== 0
      ? ` (${after >= before ? "+" : "-"}${Number(Math.abs((100 * (after - before)) / before).toPrecision(2))} %)`
      : "";
  return `${name} ${shown(before)} -> ${shown(after)}${moved}`;
}
