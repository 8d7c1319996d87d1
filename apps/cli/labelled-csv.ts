/** Samples from a CSV file: a header, numbers, and one column of labels. */
import { ArqonError } from "@arqon/core/base";

/** Rows of a file, in its order. */
export interface LabelledRows {
  readonly features: readonly (readonly number[])[];
  readonly labels: readonly string[];
}

/** @param label  name of the column of labels. @throws ArqonError `USAGE` naming line and column. */
export function labelledCsv(text: string, path: string, label: string): LabelledRows {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const header = (lines[0] ?? "").split(",").map((name) => name.trim());
  const at = header.indexOf(label);
  if (at < 0)
    throw new ArqonError(
      "USAGE",
      `${path}: no column "${label}"; there are ${header.join(", ").slice(0, 400)}`,
    );
  const features: number[][] = [];
  const labels: string[] = [];
  for (const [index, line] of lines.slice(1).entries()) {
    const cells = line.split(",").map((cell) => cell.trim());
    const where = `${path}:${index + 2}`;
    if (cells.length !== header.length)
      throw new ArqonError("USAGE", `${where}: ${cells.length} cells, the header has ${header.length}`);
    labels.push(cells[at] as string);
    features.push(
      cells.flatMap((cell, column) => {
        if (column === at) return [];
        const value = Number(cell);
        if (cell === "" || !Number.isFinite(value))
          throw new ArqonError(
            "USAGE",
            `${where}: ${header[column]} is "${cell.slice(0, 40)}", not a number`,
          );
        return [value];
      }),
    );
  }
  return { features, labels };
}
