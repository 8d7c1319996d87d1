/** The numbers a statevector is made of. */

/** "f64" is the default; "f32" is faster, takes half the memory, and is right to about six digits. */
export type Precision = "f64" | "f32";

/** Amplitudes of either precision. */
export type RealArray = Float64Array | Float32Array;

/** The array of a precision. */
export type RealsOf<P extends Precision> = P extends "f32" ? Float32Array : Float64Array;

/** Bytes of one amplitude. */
export const AMPLITUDE_BYTES: Readonly<Record<Precision, number>> = { f32: 8, f64: 16 };
