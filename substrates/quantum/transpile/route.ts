/**
 * Brings qubits that meet next to each other by swaps.
 *
 * @source Li, Ding, Xie 2019, "Tackling the qubit mapping problem for NISQ-era quantum devices" (SABRE)
 */
import { ArqonError, type Random } from "@arqon/core/base";
import { MEASURE } from "../circuit.ts";
import type { Graph } from "./graph.ts";
import { type Fixed, type Item, qubitsOf } from "./item.ts";
import { kindOf } from "./one-qubit.ts";

/** Items with what waits for each. */
export interface Order {
  readonly items: readonly Item[];
  readonly after: readonly (readonly number[])[];
  readonly waitsFor: Int32Array;
  /** Of two-qubit items their wires; `undefined` of others. */
  readonly pairs: readonly (readonly [number, number] | undefined)[];
  readonly wires: number;
}

/**
 * The order that shared qubits and bits impose. ZZ rotations and diagonal gates wait for each other nowhere: they commute.
 *
 * @param bits  classical bits there are.
 */
export function orderOf(items: readonly Item[], wires: number, bits: number): Order {
  const after: number[][] = items.map(() => []);
  const waitsFor = new Int32Array(items.length);
  const wait = (before: number, i: number): void => {
    if (before < 0 || before === i || after[before]?.at(-1) === i) return;
    after[before]?.push(i);
    waitsFor[i] = (waitsFor[i] as number) + 1;
  };
  const last = new Int32Array(wires + bits).fill(-1);
  const commuting: number[][] = Array.from({ length: wires + bits }, () => []);
  for (const [i, item] of items.entries()) {
    const on =
      item.kind === "fixed" ? [...item.qubits, ...item.bits.map((bit) => wires + bit)] : qubitsOf(item);
    for (const wire of on) {
      const open = commuting[wire] as number[];
      if (isDiagonal(item)) {
        wait(last[wire] as number, i);
        open.push(i);
        continue;
      }
      if (open.length === 0) wait(last[wire] as number, i);
      for (const before of open) wait(before, i);
      commuting[wire] = [];
      last[wire] = i;
    }
  }
  return { items, after, waitsFor, pairs: items.map(pairOf), wires };
}

function isDiagonal(item: Item): boolean {
  return item.kind === "zz" || (item.kind === "one" && kindOf(item.matrix) === "diagonal");
}

function pairOf(item: Item): readonly [number, number] | undefined {
  if (item.kind === "zz" || item.kind === "swap") return [item.a, item.b];
  if (item.kind === "fixed" && item.code < 0 && item.qubits.length === 2)
    return [item.qubits[0] as number, item.qubits[1] as number];
  return undefined;
}

/** The same from the end, to refine a start. */
export function reversed({ items, wires }: Order, bits: number): Order {
  return orderOf(items.toReversed(), wires, bits);
}

/** What routing gives: items on the machine's qubits, and where each wire is at the end. */
export interface Routed {
  readonly items: readonly Item[];
  readonly place: Int32Array;
  readonly swaps: number;
}

/** Items looked ahead, their weight beside the front's, and what a swap adds to its qubits' cost for a while. */
const AHEAD = 20;
const AHEAD_WEIGHT = 0.5;
const DECAY = 0.001;
/** What a swap is preferred by where the pair was used just before: the two become one block. */
const REUSE = 0.3;
/** Swaps without progress after which the nearest pair is brought together at once. */
const PATIENCE = 3;

/** Distances that routing may still look up; shared by all starts of a circuit. */
export interface Budget {
  left: number;
}

/**
 * @param start  the qubit of each wire; all different, and in one connected part of the machine.
 * @throws ArqonError `LIMIT_EXCEEDED` when the budget is spent.
 * @cost         swaps x (neighbours of the front x (front + 20)).
 */
export function route(order: Order, graph: Graph, start: Int32Array, random: Random, budget: Budget): Routed {
  return new Router(order, graph, start, random, budget).run();
}

class Router {
  readonly #order: Order;
  readonly #graph: Graph;
  readonly #random: Random;
  readonly #budget: Budget;
  readonly #place: Int32Array;
  /** The wire on each qubit, or -1. */
  readonly #wireAt: Int32Array;
  readonly #waits: Int32Array;
  readonly #out: (Item | undefined)[] = [];
  readonly #decay: Float64Array;
  /** Rises with everything on a qubit that ZZ rotations do not commute with. */
  readonly #epoch: Int32Array;
  /** Of each pair the last rotation: where it is, and the epochs of its qubits. */
  readonly #rotations = new Map<number, readonly [at: number, low: number, high: number]>();
  #front: number[] = [];
  /** Measurements nothing waits for: at the end, so that no swap comes after them. */
  readonly #last: number[] = [];
  #swaps = 0;

  constructor(order: Order, graph: Graph, start: Int32Array, random: Random, budget: Budget) {
    this.#budget = budget;
    this.#order = order;
    this.#graph = graph;
    this.#random = random;
    this.#place = start.slice();
    this.#wireAt = new Int32Array(graph.qubits).fill(-1);
    for (const [wire, qubit] of start.entries()) this.#wireAt[qubit] = wire;
    this.#waits = order.waitsFor.slice();
    this.#decay = new Float64Array(graph.qubits).fill(1);
    this.#epoch = new Int32Array(graph.qubits);
  }

  run(): Routed {
    const ready = Array.from(this.#waits.keys()).filter((i) => this.#waits[i] === 0);
    this.#advance(ready);
    let idle = 0;
    const patience = PATIENCE * Math.max(4, this.#graph.qubits);
    let ahead: readonly number[] | undefined;
    while (this.#front.length > 0) {
      if (idle > patience) this.#force();
      else {
        ahead ??= this.#ahead();
        this.#swap(...this.#best(ahead));
      }
      idle++;
      const done = this.#front.filter((i) => this.#isNear(i));
      if (done.length === 0) continue;
      this.#front = this.#front.filter((i) => !done.includes(i));
      this.#advance(done);
      this.#decay.fill(1);
      idle = 0;
      ahead = undefined;
    }
    for (const i of this.#last) this.#out.push(placed(this.#order.items[i] as Item, this.#place));
    const items = this.#out.filter((item) => item !== undefined);
    return { items, place: this.#place, swaps: this.#swaps };
  }

  /** Does what is ready, and what becomes ready by it; two-qubit items that are too far apart join the front. */
  #advance(ready: number[]): void {
    for (let k = 0; k < ready.length; k++) {
      const i = ready[k] as number;
      if (!this.#isNear(i)) {
        this.#front.push(i);
        continue;
      }
      const item = this.#order.items[i] as Item;
      const after = this.#order.after[i] as readonly number[];
      if (item.kind === "fixed" && item.code === MEASURE && after.length === 0) {
        this.#last.push(i);
        continue;
      }
      this.#do(placed(item, this.#place));
      for (const next of after) {
        const left = (this.#waits[next] as number) - 1;
        this.#waits[next] = left;
        if (left === 0) ready.push(next);
      }
    }
  }

  #isNear(i: number): boolean {
    const pair = this.#order.pairs[i];
    return pair === undefined || this.#distance(pair) === 1;
  }

  #distance([a, b]: readonly [number, number]): number {
    return this.#graph.distance[
      (this.#place[a] as number) * this.#graph.qubits + (this.#place[b] as number)
    ] as number;
  }

  /** The next two-qubit items after the front. */
  #ahead(): readonly number[] {
    const found: number[] = [];
    const seen = new Map<number, number>();
    const queue = this.#front.slice();
    for (let k = 0; k < queue.length && found.length < AHEAD; k++)
      for (const next of this.#order.after[queue[k] as number] as readonly number[]) {
        const left = (seen.get(next) ?? (this.#waits[next] as number)) - 1;
        seen.set(next, left);
        if (left > 0) continue;
        queue.push(next);
        if (this.#order.pairs[next]) found.push(next);
      }
    return found;
  }

  #best(ahead: readonly number[]): readonly [number, number] {
    const { neighbours, qubits } = this.#graph;
    let bestCost = Number.POSITIVE_INFINITY;
    let best: (readonly [number, number])[] = [];
    const tried = new Set<number>();
    for (const i of this.#front)
      for (const wire of this.#order.pairs[i] as readonly [number, number]) {
        const qubit = this.#place[wire] as number;
        for (const other of neighbours[qubit] as readonly number[]) {
          const key = Math.min(qubit, other) * qubits + Math.max(qubit, other);
          if (tried.has(key)) continue;
          tried.add(key);
          const cost = this.#cost(qubit, other, ahead);
          if (cost > bestCost + 1e-12) continue;
          if (cost < bestCost - 1e-12) {
            bestCost = cost;
            best = [];
          }
          best.push([qubit, other]);
        }
      }
    this.#budget.left -= tried.size * (this.#front.length + ahead.length);
    if (this.#budget.left < 0)
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `routing ${this.#order.items.length} items on ${qubits} qubits looks at more swaps than is allowed`,
        { details: { items: this.#order.items.length, qubits } },
      );
    return best[Math.floor(this.#random.nextDouble() * best.length)] as readonly [number, number];
  }

  #cost(p: number, q: number, ahead: readonly number[]): number {
    this.#exchange(p, q);
    let [near, far] = [0, 0];
    for (const i of this.#front) near += this.#distance(this.#order.pairs[i] as readonly [number, number]);
    for (const i of ahead) far += this.#distance(this.#order.pairs[i] as readonly [number, number]);
    this.#exchange(p, q);
    const reuse = this.#rotation(p, q) < 0 ? 0 : REUSE / this.#front.length;
    const cost = near / this.#front.length + (ahead.length > 0 ? (AHEAD_WEIGHT * far) / ahead.length : 0);
    const loss = this.#graph.loss(p, q);
    return Math.max(this.#decay[p] as number, this.#decay[q] as number) * (cost - reuse + 3 * loss);
  }

  #exchange(p: number, q: number): void {
    const [a, b] = [this.#wireAt[p] as number, this.#wireAt[q] as number];
    this.#wireAt[p] = b;
    this.#wireAt[q] = a;
    if (a >= 0) this.#place[a] = q;
    if (b >= 0) this.#place[b] = p;
  }

  #swap(p: number, q: number): void {
    this.#exchange(p, q);
    // A rotation of the pair that can wait until now makes one block with the swap.
    const at = this.#rotation(p, q);
    if (at >= 0) {
      this.#out.push(this.#out[at]);
      this.#out[at] = undefined;
    }
    this.#do({ kind: "swap", a: p, b: q });
    this.#swaps++;
    for (const qubit of [p, q]) this.#decay[qubit] = (this.#decay[qubit] as number) + DECAY;
  }

  /** Where the pair's last rotation is, if nothing since keeps it there; else -1. */
  #rotation(p: number, q: number): number {
    const [low, high] = p < q ? [p, q] : [q, p];
    const known = this.#rotations.get(low * this.#graph.qubits + high);
    return known && known[1] === this.#epoch[low] && known[2] === this.#epoch[high] ? known[0] : -1;
  }

  #do(item: Item): void {
    if (item.kind === "zz") {
      const [low, high] = item.a < item.b ? [item.a, item.b] : [item.b, item.a];
      const epochs = [this.#epoch[low] as number, this.#epoch[high] as number] as const;
      this.#rotations.set(low * this.#graph.qubits + high, [this.#out.length, ...epochs]);
    } else if (!isDiagonal(item))
      for (const qubit of qubitsOf(item)) this.#epoch[qubit] = (this.#epoch[qubit] as number) + 1;
    this.#out.push(item);
  }

  /** Walks the nearest pair of the front together. */
  #force(): void {
    const nearest = this.#front.reduce((best, i) => {
      const [x, y] = [this.#order.pairs[i], this.#order.pairs[best]] as [
        readonly [number, number],
        readonly [number, number],
      ];
      return this.#distance(x) < this.#distance(y) ? i : best;
    });
    const [a, b] = this.#order.pairs[nearest] as readonly [number, number];
    const { distance, neighbours, qubits } = this.#graph;
    while (!this.#isNear(nearest)) {
      const [from, to] = [this.#place[a] as number, this.#place[b] as number];
      const next = (neighbours[from] as readonly number[]).reduce((best, q) =>
        (distance[q * qubits + to] as number) < (distance[best * qubits + to] as number) ? q : best,
      );
      this.#swap(from, next);
    }
  }
}

/** The item on the qubits its wires are on. */
export function placed(item: Item, place: Int32Array): Item {
  const at = (wire: number): number => place[wire] as number;
  if (item.kind === "one") return { ...item, qubit: at(item.qubit) };
  if (item.kind !== "fixed") return { ...item, a: at(item.a), b: at(item.b) };
  return {
    ...item,
    qubits: item.qubits.map(at),
    items: item.items.map((each) => placed(each, place)) as Fixed["items"],
  };
}
