/** How two payloads differ: by field, and as a distance. */
import { canonicalJson, type Json } from "@arqon/core/base";

/** One field that is not the same. `undefined` where it is absent. */
export interface FieldDifference {
  /** JSON Pointer. */
  readonly pointer: string;
  readonly recorded?: Json;
  readonly replayed?: Json;
}

/** Most fields named. */
const MAX_FIELDS = 20;

/** The fields that differ, in the order of their names, at most 20. */
export function fieldDifferences(recorded: Json, replayed: Json): FieldDifference[] {
  const found: FieldDifference[] = [];
  const visit = (a: Json | undefined, b: Json | undefined, pointer: string): void => {
    if (found.length >= MAX_FIELDS) return;
    if (a !== undefined && b !== undefined) {
      if (isBranch(a) && isBranch(b) && Array.isArray(a) === Array.isArray(b)) {
        for (const key of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort())
          visit(
            fieldOf(a, key),
            fieldOf(b, key),
            `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`,
          );
        return;
      }
      if (canonicalJson(a) === canonicalJson(b)) return;
    }
    found.push({
      pointer,
      ...(a !== undefined && { recorded: a }),
      ...(b !== undefined && { replayed: b }),
    });
  };
  visit(recorded, replayed, "");
  return found;
}

/** Euclidean distance over the numbers both have at the same place; `undefined` when there is none. */
export function distanceOf(a: Json, b: Json): number | undefined {
  let sum = 0;
  let numbers = 0;
  const visit = (left: Json | undefined, right: Json | undefined): void => {
    if (typeof left === "number" && typeof right === "number") {
      numbers++;
      sum += (left - right) ** 2;
    } else if (isBranch(left) && isBranch(right))
      for (const [key, value] of Object.entries(left)) visit(value, fieldOf(right, key));
  };
  visit(a, b);
  return numbers === 0 ? undefined : Math.sqrt(sum);
}

/** A field of its own: every object has others, such as "toString". */
function fieldOf(branch: object, key: string): Json | undefined {
  return Object.hasOwn(branch, key) ? (branch as { readonly [key: string]: Json })[key] : undefined;
}

function isBranch(json: Json | undefined): json is Exclude<Json, null | boolean | number | string> {
  return json !== null && typeof json === "object";
}
