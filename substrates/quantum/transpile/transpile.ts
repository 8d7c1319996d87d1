/** Compiles a circuit for a machine. */
import { ArqonError, createRandom, formatCount } from "@arqon/core/base";
import { type Buildable, type Circuit, circuitOf } from "../circuit.ts";
import { resynthesize } from "./blocks.ts";
import { emit } from "./emit.ts";
import { type Graph, graphOf } from "./graph.ts";
import { costOf, type Item } from "./item.ts";
import { embedding, greedyLayout, isReachable, type Meetings, meetingsOf, placeRest } from "./layout.ts";
import { lower } from "./lower.ts";
import { orderOf, placed, reversed, route } from "./route.ts";
import { simplify } from "./simplify.ts";
import type { Target } from "./target.ts";

/** How to compile. */
export interface TranspileOptions {
  /** 64 bits; layouts that are tried and ties of routing follow from it. Default 0. */
  readonly seed?: bigint;
  /** Starts that are routed, of which the best is kept. Default 12, and fewer for large circuits. */
  readonly trials?: number;
}

/** A circuit for a machine. */
export interface Transpiled {
  /** On all of the machine's qubits, in its gates, on its pairs; classical registers as they were. */
  readonly circuit: Circuit;
  /** Where each qubit of the given circuit starts, and where its state is at the end. */
  readonly layout: readonly number[];
  readonly finalLayout: readonly number[];
  /** Swaps that routing put in, before they merged with their neighbours. */
  readonly swaps: number;
}

/** Items that routing of one start may go over, all starts together. */
const ROUTING_BUDGET = 400_000;
const MOST_TRIALS = 12;
/** Times the swaps of the best attempt. */
const WORTH = 1.1;
/** Attempts whose blocks are made. */
const FINALISTS = 6;
/** Instructions of a circuit, and distances looked up by routing: some seconds. */
const MOST_INSTRUCTIONS = 100_000;
const MOST_LOOKUPS = 5e8;
/** Rounds of merging; each but the last made the circuit shorter. */
const ROUNDS = 4;

/**
 * Layout (one without swaps where a bounded search finds it, else several starts by nearness and noise), routing by looking
 * ahead, synthesis of blocks on two qubits, and merging of what commutes. Equal circuits, targets and seeds give equal
 * results on any machine. Swaps of the circuit cost nothing: they rename qubits from there on. Rotations by less than 1e-13
 * are left out, everything else is kept: the unitaries of circuits of some thousand gates agree within 1e-12.
 *
 * @throws ArqonError `TRANSPILE_IMPOSSIBLE` for a circuit with more qubits than the target has, or whose qubits no path joins;
 *   `LIMIT_EXCEEDED` above 100,000 instructions or a million rotations, or where routing would take too long.
 * @cost  about trials x instructions, and for each swap the pairs around it.
 */
export function transpile(
  given: Circuit | Buildable,
  target: Target,
  options: TranspileOptions = {},
): Transpiled {
  const circuit = circuitOf(given);
  const { qubits = circuit.qubits, fractional } = target;
  if (circuit.qubits > qubits)
    throw impossible(
      `${circuit.name} has ${formatCount(circuit.qubits, "qubit")}, ${target.name} has ${qubits}`,
    );
  if (circuit.length > MOST_INSTRUCTIONS)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `${circuit.name} has ${circuit.length} instructions; the limit of compiling is ${MOST_INSTRUCTIONS}`,
      { details: { instructions: circuit.length, limitInstructions: MOST_INSTRUCTIONS } },
    );
  const { items, wires } = lower(circuit);
  const merged = shortened(items, circuit.qubits, fractional);
  if (!target.entangler && merged.some((item) => costOf(item, fractional) > 0))
    throw impossible(
      `${target.name} has no two-qubit gate among cx, cz, ecr and rzz, and ${circuit.name} needs one`,
    );
  if (!target.coupling) {
    const layout = wires.map((_, q) => q);
    return { circuit: emit(merged, target, qubits, circuit), layout, finalLayout: wires, swaps: 0 };
  }
  const best = placedBest(merged, circuit, target, graphOf(target, qubits), options);
  return {
    circuit: emit(best.items, target, qubits, circuit),
    layout: Array.from(best.start),
    finalLayout: wires.map((wire) => best.end[wire] as number),
    swaps: best.swaps,
  };
}

interface Attempt {
  readonly items: readonly Item[];
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly swaps: number;
}

function placedBest(
  items: readonly Item[],
  circuit: Circuit,
  target: Target,
  graph: Graph,
  options: TranspileOptions,
): Attempt {
  const meetings = meetingsOf(items, circuit.qubits);
  const direct = embedding(meetings, graph, target.qubitLoss);
  if (direct) {
    const start = placeRest(direct, graph, target.qubitLoss);
    return { items: items.map((item) => placed(item, start)), start, end: start, swaps: 0 };
  }
  const random = createRandom(options.seed ?? 0n);
  const order = orderOf(items, circuit.qubits, circuit.bits);
  const back = reversed(order, circuit.bits);
  const affordable = Math.max(2, Math.floor(ROUTING_BUDGET / Math.max(1, 4 * items.length)));
  const trials = options.trials ?? Math.min(MOST_TRIALS, affordable);
  const attempts: Attempt[] = [];
  const budget = { left: MOST_LOOKUPS };
  for (let trial = 0; trial < trials; trial++) {
    // Trials take about the same: one that might not come to its end is not begun.
    if (trial > 0 && budget.left * trial < 2 * (MOST_LOOKUPS - budget.left)) break;
    const greedy = greedyLayout(meetings, graph, target.qubitLoss, trial, random);
    let start = placeRest(greedy, graph, target.qubitLoss);
    requireWay(start, meetings, graph, circuit, target);
    // There and back: the end of the circuit tells where it should have started.
    for (let round = 0; round < 2; round++) {
      const there = route(order, graph, start, random, budget);
      start = route(back, graph, there.place, random, budget).place;
    }
    const { items: routed, place, swaps } = route(order, graph, start, random, budget);
    attempts.push({ items: routed, start, end: place, swaps });
  }
  return finished(attempts, graph, target);
}

/** Of the attempts with the fewest swaps the one with the least loss, in its final form. */
function finished(attempts: readonly Attempt[], graph: Graph, target: Target): Attempt {
  // Far more swaps never come out ahead, and making blocks costs more than routing.
  const bySwaps = attempts.toSorted((x, y) => x.swaps - y.swaps);
  const most = WORTH * (bySwaps[0] as Attempt).swaps + 2;
  let [best, bestLoss] = [undefined as Attempt | undefined, Number.POSITIVE_INFINITY];
  for (const attempt of bySwaps.slice(0, FINALISTS)) {
    if (attempt.swaps > most) break;
    const items = resynthesized(attempt.items, graph.qubits, target.fractional);
    const loss = lossOf(items, graph, target);
    if (loss >= bestLoss) continue;
    bestLoss = loss;
    best = { ...attempt, items };
  }
  const { items, ...rest } = best as Attempt;
  return { ...rest, items: repeated(items, graph.qubits, target.fractional) };
}

function requireWay(
  start: Int32Array,
  meetings: Meetings,
  graph: Graph,
  circuit: Circuit,
  target: Target,
): void {
  if (!isReachable(start, meetings, graph))
    throw impossible(`no connected part of ${target.name} holds the qubits of ${circuit.name} that meet`);
}

/** Synthesis of blocks and merging, as long as it gets shorter. */
function shortened(items: readonly Item[], qubits: number, fractional: boolean): readonly Item[] {
  const plain = items.some(({ kind }) => kind === "swap") ? items : simplify(items, qubits);
  return repeated(resynthesized(plain, qubits, fractional), qubits, fractional);
}

function resynthesized(items: readonly Item[], qubits: number, fractional: boolean): readonly Item[] {
  return simplify(resynthesize(items, qubits, fractional), qubits);
}

function repeated(items: readonly Item[], qubits: number, fractional: boolean): readonly Item[] {
  const cost = (all: readonly Item[]): number => all.reduce((sum, item) => sum + costOf(item, fractional), 0);
  let best = items;
  for (let round = 1; round < ROUNDS; round++) {
    const next = resynthesized(best, qubits, fractional);
    if (cost(next) >= cost(best)) break;
    best = next;
  }
  return best;
}

/** Uses of two-qubit gates, weighted by their loss where that is known. */
function lossOf(items: readonly Item[], graph: Graph, { fractional }: Target): number {
  let loss = 0;
  for (const item of items) {
    const uses = costOf(item, fractional);
    if (item.kind === "one" || uses === 0) continue;
    const [a, b] = item.kind === "fixed" ? (item.qubits as [number, number]) : [item.a, item.b];
    loss += uses * (graph.loss(a, b) || 1e-6);
  }
  return loss;
}

function impossible(message: string): ArqonError {
  return new ArqonError("TRANSPILE_IMPOSSIBLE", message);
}
