/** Samples with labels, and their limits. */
import { ArqonError } from "@arqon/core/base";

/** Rows of features, each of one class. */
export interface LabelledSet {
  /** Rows of equal length. */
  readonly features: readonly (readonly number[])[];
  /** For each row an index into `classes`. */
  readonly labels: readonly number[];
  readonly classes: readonly string[];
}

/** A kernel holds a number for each pair of samples, and a state has an amplitude for each combination of bits. */
export const QML_LIMITS: {
  readonly samples: number;
  readonly classes: number;
  readonly features: number;
  readonly qubits: number;
} = {
  samples: 4096,
  /** Every two are separated, for each candidate and fold. */
  classes: 32,
  features: 1024,
  qubits: 12,
};

/**
 * Checks what a caller gives; classes are numbered in alphabetical order.
 * @throws ArqonError `USAGE` naming the row, `LIMIT_EXCEEDED`
 */
export function labelledSet(
  features: readonly (readonly number[])[],
  labels: readonly string[],
  what = "the data",
): LabelledSet {
  const { samples, features: most } = QML_LIMITS;
  if (features.length > samples)
    throw new ArqonError("LIMIT_EXCEEDED", `${what}: ${features.length} samples, limit ${samples}`);
  if (features.length !== labels.length)
    throw new ArqonError("USAGE", `${what}: ${features.length} rows of features, ${labels.length} labels`);
  const width = features[0]?.length ?? 0;
  if (width < 1 || width > most)
    throw new ArqonError("USAGE", `${what}: rows have ${width} features, from 1 to ${most} are possible`);
  for (const [index, row] of features.entries()) {
    if (row.length !== width)
      throw new ArqonError(
        "USAGE",
        `${what}: row ${index + 1} has ${row.length} features, the first ${width}`,
      );
    const wrong = row.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new ArqonError("USAGE", `${what}: row ${index + 1}, feature ${wrong + 1} is not a finite number`);
  }
  const classes = [...new Set(labels)].sort();
  if (classes.length < 2)
    throw new ArqonError("USAGE", `${what}: only one class, "${String(classes[0]).slice(0, 40)}"`);
  if (classes.length > QML_LIMITS.classes)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `${what}: ${classes.length} classes, limit ${QML_LIMITS.classes}; is the label a number or a name of the sample?`,
    );
  const numbers = new Map(classes.map((name, index) => [name, index]));
  return { features, labels: labels.map((name) => numbers.get(name) as number), classes };
}

/** The rows at some indices. */
export function rowsAt({ features, labels, classes }: LabelledSet, indices: readonly number[]): LabelledSet {
  return {
    features: indices.map((i) => features[i] as readonly number[]),
    labels: indices.map((i) => labels[i] as number),
    classes,
  };
}
