/** Global phases as whole steps of a turn: their sums are exact in any order, and texts give them back to the bit. */
import { atan2, cos, sin } from "@arqon/core/math";

/** Steps of a turn; one is 5.6e-15 rad. */
const STEPS = 2 ** 50;
/** Turns above which whole ones are taken away before they cost digits. */
const MANY = 4;

/** The nearest whole number of steps; of the angle turned around just as many below 0. */
function stepsOf(angleRad: number): number {
  const near = Math.abs(angleRad) < MANY * 2 * Math.PI ? angleRad : atan2(sin(angleRad), cos(angleRad));
  const steps = Math.round((Math.abs(near) / (2 * Math.PI)) * STEPS) % STEPS;
  return near < 0 ? -steps : steps;
}

/** A sum of angles. */
export class GlobalPhase {
  #steps = 0;

  add(angleRad: number): void {
    this.#steps = (this.#steps + stepsOf(angleRad) + STEPS) % STEPS;
  }

  /** In (-pi, pi]. */
  get angleRad(): number {
    const signed = this.#steps > STEPS / 2 ? this.#steps - STEPS : this.#steps;
    return (signed / STEPS) * 2 * Math.PI;
  }
}

/**
 * What OpenQASM 3 turns a gate of the table by beside its matrix there: its U is 2 pi periodic, and its u2 and u3 have
 * determinant 1 up to theta.
 */
export function writtenPhase(name: string, parameters: readonly number[]): number {
  const [a = 0, b = 0, c = 0] = parameters;
  return name === "U" ? a / 2 : name === "u2" ? -(a + b) / 2 : name === "u3" ? -(b + c) / 2 : 0;
}

/** `e^{i angle}` times amplitudes, in place. */
export function turnAll(
  { re, im }: { readonly re: Float64Array; readonly im: Float64Array },
  angleRad: number,
): void {
  if (angleRad === 0) return;
  const [c, s] = [cos(angleRad), sin(angleRad)];
  for (let k = 0; k < re.length; k++) {
    const [x, y] = [re[k] as number, im[k] as number];
    re[k] = c * x - s * y;
    im[k] = c * y + s * x;
  }
}
