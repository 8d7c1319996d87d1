/** What a matrix product run would cost, by following the bonds without any numbers in them. */
import { columnsOf, svd } from "@arqon/core/math";
import { GATES, type Gate } from "../gates/table.ts";
import type { Program } from "../simulate/program.ts";
import { piecesOf } from "./narrow.ts";

/** Most qubits a chain is made for. */
export const MPS_QUBITS = 10_000;

/** Nanoseconds: of a decomposition per rows x columns x rank, of a product per entry, of a gate by being there. */
const DECOMPOSE_NS = 35;
const ENTRY_NS = 4;
const GATE_NS = 3000;
const SHOT_BYTES = 160;

const ranks = new Map<number, number>();

/** How many products of one-qubit operators a two-qubit gate is a sum of: 1, 2 or 4; for any parameters. */
function operatorRank(code: number): number {
  const ready = ranks.get(code);
  if (ready !== undefined) return ready;
  const gate = GATES[code] as Gate;
  const m = gate.matrix([0.7, 0.9, 1.1, 1.3].slice(0, gate.parameters.length));
  const reshaped = columnsOf(4, 4);
  for (let r = 0; r < 4; r++)
    for (let c = 0; c < 4; c++) {
      const to = (2 * (r >> 1) + (c >> 1)) * 4 + 2 * (r & 1) + (c & 1);
      reshaped.re[to] = m[2 * (4 * r + c)] as number;
      reshaped.im[to] = m[2 * (4 * r + c) + 1] as number;
    }
  const rank = svd(reshaped).values.filter((value) => value > 1e-9).length;
  ranks.set(code, rank);
  return rank;
}

/** Sites in a chain and the largest bonds they can have. */
class Bonds {
  readonly #siteOf: Uint32Array;
  readonly #positionOf: Uint32Array;
  /** Bond between site i - 1 and site i. */
  readonly #bonds: Float64Array;
  readonly #maxBond: number;
  ns = 0;
  /** Whether some bond could grow over the largest allowed. */
  overflows = false;

  constructor(width: number, maxBond: number) {
    this.#siteOf = Uint32Array.from({ length: width }, (_, position) => width - 1 - position);
    this.#positionOf = this.#siteOf.slice();
    this.#bonds = new Float64Array(width + 1).fill(1);
    this.#maxBond = maxBond;
  }

  gate(a: number, b: number, rank: number): void {
    const [x, y] = [this.#siteOf[a] as number, this.#siteOf[b] as number];
    const [low, high] = [Math.min(x, y), Math.max(x, y)];
    for (let site = low; site + 1 < high; site++) {
      this.#join(site, 4);
      const [p, q] = [this.#positionOf[site] as number, this.#positionOf[site + 1] as number];
      [this.#positionOf[site], this.#positionOf[site + 1]] = [q, p];
      [this.#siteOf[q], this.#siteOf[p]] = [site, site + 1];
    }
    this.#join(high - 1, rank);
  }

  #join(site: number, rank: number): void {
    const [left, middle, right] = [this.#bonds[site], this.#bonds[site + 1], this.#bonds[site + 2]] as [
      number,
      number,
      number,
    ];
    const grown = Math.min(2 * left, 2 * right, rank * middle);
    if (grown > this.#maxBond) this.overflows = true;
    this.#bonds[site + 1] = Math.min(grown, this.#maxBond);
    this.ns += GATE_NS + 2 * left * right * grown * 2 * DECOMPOSE_NS;
  }

  /** Entries of all tensors as they are now. */
  entries(): number {
    let sum = 0;
    for (let i = 0; i + 1 < this.#bonds.length; i++)
      sum += 2 * (this.#bonds[i] as number) * (this.#bonds[i + 1] as number);
    return sum;
  }

  /** Products in the expectation value of a string of operators. */
  products(): number {
    let sum = 0;
    for (let i = 0; i + 1 < this.#bonds.length; i++) {
      const [left, right] = [this.#bonds[i] as number, this.#bonds[i + 1] as number];
      sum += 2 * left * right * (left + right);
    }
    return sum;
  }
}

/** At most this memory and, within a factor of a few, at most this time: bonds are taken as large as gates can make them. */
export function estimateMps(
  program: Program,
  shots: number,
  maxBond: number,
): {
  readonly qubits: number;
  readonly memoryBytes: number;
  readonly timeMs: number;
  readonly mayTruncate: boolean;
  readonly onceMs: number;
  readonly termMs: number;
} {
  const { circuit, positions, width, branchings, bits } = program;
  const bonds = new Bonds(width, maxBond);
  for (const step of program.steps) {
    if (step.kind === "clear") continue;
    if (step.kind !== "gates") {
      bonds.ns += bonds.entries() * ENTRY_NS * maxBond;
      continue;
    }
    for (const i of step.instructions) {
      const at = circuit.operandAt[i] as number;
      for (const { code, on } of piecesOf(circuit, i)) {
        const [a, b] = on.map((k) => positions[circuit.operands[at + k] as number] as number);
        if (b === undefined) bonds.ns += GATE_NS;
        else bonds.gate(a as number, b, operatorRank(code));
      }
    }
  }
  const entries = bonds.entries();
  const ways = Math.min(shots, 2 ** Math.min(branchings, 53));
  return {
    qubits: width,
    memoryBytes:
      16 * entries * (2 + Math.min(branchings, MPS_SNAPSHOTS)) +
      shots * (SHOT_BYTES + 2 * bits + width) +
      2 ** 20,
    timeMs: (ways * bonds.ns + shots * entries * ENTRY_NS) / 1e6,
    mayTruncate: bonds.overflows,
    onceMs: bonds.ns / 1e6,
    termMs: (bonds.products() * ENTRY_NS) / 1e6,
  };
}

/** States kept beside the running one. */
export const MPS_SNAPSHOTS = 16;
