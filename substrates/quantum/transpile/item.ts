/** The form in which circuits are transpiled: any one-qubit gate, one family of two-qubit gates, and what must stay as it is. */
import type { Matrix } from "@arqon/core/math";
import type { Condition } from "../circuit.ts";

/** A one-qubit unitary. */
export interface One {
  readonly kind: "one";
  readonly qubit: number;
  readonly matrix: Matrix;
}

/** exp(-i angle/2 ZZ): every gate of the library is a few of these and one-qubit gates. */
export interface Zz {
  readonly kind: "zz";
  readonly a: number;
  readonly b: number;
  readonly angle: number;
}

/** Exchanges two qubits; put in by routing. */
export interface Swap {
  readonly kind: "swap";
  readonly a: number;
  readonly b: number;
}

/** A measurement, reset or barrier, or items under a condition: nothing moves through it. */
export interface Fixed {
  readonly kind: "fixed";
  /** MEASURE, RESET, BARRIER; -1 for items under a condition. */
  readonly code: number;
  /** Of a barrier that takes time. */
  readonly parameters: readonly number[];
  readonly qubits: readonly number[];
  /** Classical bits it reads or writes. */
  readonly bits: readonly number[];
  readonly condition: Condition | undefined;
  /** Under the condition, in order. */
  readonly items: readonly (One | Zz)[];
}

/** One thing that happens. */
export type Item = One | Zz | Swap | Fixed;

/** The qubits an item is on. */
export function qubitsOf(item: Item): readonly number[] {
  if (item.kind === "one") return [item.qubit];
  return item.kind === "fixed" ? item.qubits : [item.a, item.b];
}

/** Angles and entries this close are taken for equal: above the roundings of a few hundred products, below what a circuit says. */
export const CLOSE = 1e-13;

/** An angle in (-pi/2, pi/2], and whether an odd number of half turns (ZZ up to phase) was taken off. */
export function halfTurned(angle: number): { readonly angle: number; readonly odd: boolean } {
  let turns = Math.round(angle / Math.PI);
  let rest = angle - turns * Math.PI;
  if (rest <= -Math.PI / 2 + CLOSE) {
    rest += Math.PI;
    turns--;
  }
  return { angle: rest, odd: Math.abs(turns) % 2 === 1 };
}

/** Uses of the machine's two-qubit gate for an item. @param fractional  whether it has ZZ rotations of any angle. */
export function costOf(item: Item, fractional: boolean): number {
  if (item.kind === "swap") return 3;
  if (item.kind === "fixed") return item.items.reduce((sum, each) => sum + costOf(each, fractional), 0);
  if (item.kind === "one") return 0;
  const { angle } = halfTurned(item.angle);
  if (Math.abs(angle) < CLOSE) return 0;
  return fractional || Math.abs(angle - Math.PI / 2) < CLOSE ? 1 : 2;
}
