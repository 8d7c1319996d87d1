/** Elementary functions with the same bits everywhere, and small complex matrices. */

export { cos, sin, tan } from "./circular.ts";
export { exp, log, pow } from "./exponential.ts";
export { atan, atan2 } from "./inverse.ts";
export { adjoint, embed, identity, type Matrix, multiply } from "./matrix.ts";
export * from "./statistics/index.ts";
export { adjointColumns, type Columns, columnsOf, multiplyColumns, qr, type Svd, svd } from "./svd.ts";
