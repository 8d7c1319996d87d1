/** Principal components of unit variance: as many numbers of a sample as there are qubits. */
import { columnsOf, svd } from "@arqon/core/math";

/** Learned from training rows alone, so that test rows are told nothing. */
export interface Projection {
  apply(rows: readonly (readonly number[])[]): number[][];
}

/**
 * Standardises every feature, then keeps the `dimensions` directions of largest variance, each scaled to unit variance on the
 * rows it was fitted on. Fewer when the rows span fewer. Features without variance are left out. Signs are fixed: the largest loading is positive.
 */
export function fitProjection(rows: readonly (readonly number[])[], dimensions: number): Projection {
  const width = rows[0]?.length ?? 0;
  const means = Array.from({ length: width }, (_, k) => mean(rows.map((row) => row[k] as number)));
  const scales = means.map((middle, k) => {
    const variance = mean(
      rows.map((row) => {
        const difference = (row[k] as number) - middle;
        return difference * difference;
      }),
    );
    return variance > 1e-24 * (1 + middle * middle) ? 1 / Math.sqrt(variance) : 0;
  });
  const standard = (row: readonly number[]): number[] =>
    row.map((value, k) => (value - (means[k] as number)) * (scales[k] as number));
  const matrix = columnsOf(rows.length, width);
  for (const [r, row] of rows.entries())
    for (const [c, value] of standard(row).entries()) matrix.re[c * rows.length + r] = value;
  const { values, v } = svd(matrix);
  const kept = Math.min(dimensions, values.length);
  const directions = Array.from({ length: kept }, (_, d) => {
    const column = v.re.slice(d * width, (d + 1) * width);
    const largest = column.reduce((best, each) => (Math.abs(each) > Math.abs(best) ? each : best), 0);
    const scale = (Math.sign(largest) * Math.sqrt(rows.length)) / (values[d] as number);
    return column.map((each) => each * scale);
  });
  return {
    apply: (those) =>
      those.map((row) => {
        const point = standard(row);
        return directions.map((direction) =>
          direction.reduce((sum, x, k) => sum + x * (point[k] as number), 0),
        );
      }),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
