/** Where the circuit's qubits start on a machine. */
import type { Random } from "@arqon/core/base";
import { FAR, type Graph } from "./graph.ts";
import type { Item } from "./item.ts";

/** Pairs of wires that meet, with how often; by wire. */
export type Meetings = readonly ReadonlyMap<number, number>[];

/** Counts the two-qubit items of each pair. */
export function meetingsOf(items: readonly Item[], wires: number): Meetings {
  const out: Map<number, number>[] = Array.from({ length: wires }, () => new Map());
  const meet = (a: number, b: number): void => {
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const)
      out[x]?.set(y, (out[x]?.get(y) ?? 0) + 1);
  };
  for (const item of items) {
    if (item.kind === "zz" || item.kind === "swap") meet(item.a, item.b);
    else if (item.kind === "fixed" && item.code < 0 && item.qubits.length === 2)
      meet(item.qubits[0] as number, item.qubits[1] as number);
  }
  return out;
}

/** Wires that meet others, so that each after the first of its component has met an earlier one; the busiest first. */
function inOrder(meetings: Meetings): number[] {
  const degree = (w: number): number => meetings[w]?.size ?? 0;
  const left = new Set(meetings.keys().filter((w) => degree(w) > 0));
  const order: number[] = [];
  const known = new Map<number, number>();
  while (left.size > 0) {
    let best = -1;
    for (const w of left) {
      const gain = (known.get(w) ?? 0) - (known.get(best) ?? 0);
      if (best < 0 || gain > 0 || (gain === 0 && degree(w) > degree(best))) best = w;
    }
    left.delete(best);
    order.push(best);
    for (const w of (meetings[best] as ReadonlyMap<number, number>).keys())
      known.set(w, (known.get(w) ?? 0) + 1);
  }
  return order;
}

/** Steps of the search for a layout without swaps, and layouts that are compared. */
const SEARCH_STEPS = 60_000;
const SEARCH_FOUND = 40;

/**
 * A layout in which every pair that meets is coupled, with the smallest loss of those found.
 * @returns  for each wire a qubit, or -1 for wires that meet no other; `undefined` when none was found in 60,000 steps.
 */
export function embedding(
  meetings: Meetings,
  graph: Graph,
  qubitLoss: readonly number[],
): Int32Array | undefined {
  const order = inOrder(meetings);
  if (order.length > graph.qubits) return undefined;
  const place = new Int32Array(meetings.length).fill(-1);
  const taken = new Uint8Array(graph.qubits);
  const rows = order.map((wire, k) => ({
    wire,
    degree: meetings[wire]?.size ?? 0,
    before: order.slice(0, k).filter((other) => meetings[wire]?.has(other)),
  }));
  const everywhere = Array.from({ length: graph.qubits }, (_, q) => q);
  let [steps, found, bestLoss] = [0, 0, Number.POSITIVE_INFINITY];
  let best: Int32Array | undefined;
  const descend = (k: number, loss: number): boolean => {
    if (loss >= bestLoss && best) return false;
    const row = rows[k];
    if (!row) {
      best = place.slice();
      bestLoss = loss;
      return ++found >= SEARCH_FOUND || loss === 0;
    }
    const [first, ...others] = row.before;
    const candidates = first === undefined ? everywhere : graph.neighbours[place[first] as number];
    for (const qubit of candidates ?? []) {
      if (taken[qubit] || (graph.neighbours[qubit]?.length ?? 0) < row.degree) continue;
      if (++steps > SEARCH_STEPS) return true;
      if (!others.every((other) => graph.distance[qubit * graph.qubits + (place[other] as number)] === 1))
        continue;
      let more = qubitLoss[qubit] ?? 0;
      for (const other of row.before)
        more += graph.loss(qubit, place[other] as number) * (meetings[row.wire]?.get(other) ?? 1);
      place[row.wire] = qubit;
      taken[qubit] = 1;
      const done = descend(k + 1, loss + more);
      taken[qubit] = 0;
      place[row.wire] = -1;
      if (done) return true;
    }
    return false;
  };
  descend(0, 0);
  return best;
}

/**
 * A layout that puts wires near those they meet, starting at one of the qubits with the most and best neighbours.
 *
 * @param start   which of these qubits.
 * @param random  shakes all but the first few attempts.
 */
export function greedyLayout(
  meetings: Meetings,
  graph: Graph,
  qubitLoss: readonly number[],
  start: number,
  random: Random,
): Int32Array {
  const place = new Int32Array(meetings.length).fill(-1);
  const taken = new Uint8Array(graph.qubits);
  const quality = Float64Array.from(
    graph.neighbours,
    (list, q) => list.reduce((sum, other) => sum + 1 - graph.loss(q, other), 0) - (qubitLoss[q] ?? 0),
  );
  const starts = Array.from(quality.keys()).sort(
    (a, b) => (quality[b] as number) - (quality[a] as number) || a - b,
  );
  const first = starts[start % starts.length] as number;
  const shake = start < 2 ? 0 : 0.6;
  for (const wire of inOrder(meetings)) {
    const met = Array.from(meetings[wire] ?? []).filter(([other]) => (place[other] as number) >= 0);
    let [best, bestCost] = [-1, Number.POSITIVE_INFINITY];
    for (let q = 0; q < graph.qubits; q++) {
      if (taken[q]) continue;
      let cost = -0.05 * (quality[q] as number) + shake * random.nextDouble();
      for (const [other, times] of met) {
        const d = graph.distance[q * graph.qubits + (place[other] as number)] as number;
        cost += times * (d + graph.loss(q, place[other] as number));
      }
      if (met.length === 0) cost += graph.distance[q * graph.qubits + first] as number;
      if (cost < bestCost) [best, bestCost] = [q, cost];
    }
    place[wire] = best;
    taken[best] = 1;
  }
  return place;
}

/** Places the wires that meet no other, on the best qubits left. */
export function placeRest(place: Int32Array, graph: Graph, qubitLoss: readonly number[]): Int32Array {
  const taken = new Set(place.values().filter((q) => q >= 0));
  const left = Array.from({ length: graph.qubits }, (_, q) => q)
    .filter((q) => !taken.has(q))
    .sort((a, b) => (qubitLoss[a] ?? 0) - (qubitLoss[b] ?? 0) || a - b);
  let next = 0;
  return place.map((q) => (q >= 0 ? q : (left[next++] as number)));
}

/** Whether all wires that meet are in one connected part of the machine. */
export function isReachable(place: Int32Array, meetings: Meetings, graph: Graph): boolean {
  for (const [wire, met] of meetings.entries())
    for (const other of met.keys())
      if (graph.distance[(place[wire] as number) * graph.qubits + (place[other] as number)] === FAR)
        return false;
  return true;
}
