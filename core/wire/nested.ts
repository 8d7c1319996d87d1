/** The messages inside an envelope, field by field: what a scan must know to see that a decoder would read them whole. */

/** A field of a nested message. */
export interface NestedField {
  readonly name: string;
  readonly kind: "text" | "bytes" | "number" | "float" | "floats";
}

/** A message inside the envelope; `fields` by number. */
export interface Nested {
  readonly name: string;
  readonly fields: readonly NestedField[];
}

const field = (name: string, kind: NestedField["kind"]): NestedField => ({ name, kind });
const nested = (name: string, ...fields: NestedField[]): Nested => {
  // Field numbers begin with 1.
  const byNumber: NestedField[] = [];
  for (const [i, one] of fields.entries()) byNumber[i + 1] = one;
  return { name, fields: byNumber };
};

/** By the number of their field in the envelope. */
export const NESTED: Readonly<Record<number, Nested>> = {
  6: nested("trace_context", field("key", "text"), field("value", "text")),
  7: nested(
    "spectral",
    field("coherence", "float"),
    field("criticality", "float"),
    field("eigenvalues", "floats"),
  ),
  8: nested("payload", field("type_url", "text"), field("value", "bytes")),
  20: nested(
    "origin",
    field("reality_id", "text"),
    field("sequence", "number"),
    field("timestamp_unix_us", "number"),
  ),
};
