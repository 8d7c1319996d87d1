/** Runs of gates on one pair of qubits, made anew where that takes fewer two-qubit gates. */
import { costOf, type Item, type One, type Swap, type Zz } from "./item.ts";
import { gateMatrix } from "./one-qubit.ts";
import { synthesize, unitaryOf } from "./two-qubit.ts";
import { mayTakeFewer } from "./uses.ts";

interface Block {
  readonly a: number;
  readonly b: number;
  readonly items: (One | Zz | Swap)[];
}

/** Gathers blocks in one pass and synthesises those that can gain. */
export function resynthesize(items: readonly Item[], qubits: number, fractional: boolean): Item[] {
  const out: Item[] = [];
  const blockOf: (Block | undefined)[] = Array.from({ length: qubits });
  const close = (qubit: number): void => {
    const block = blockOf[qubit];
    if (!block) return;
    blockOf[block.a] = undefined;
    blockOf[block.b] = undefined;
    for (const item of shorter(block, fractional)) out.push(item);
  };
  for (const item of items) {
    if (item.kind === "one") {
      const block = blockOf[item.qubit];
      if (block) block.items.push(item);
      else out.push(item);
    } else if (item.kind === "fixed") {
      for (const qubit of item.qubits) close(qubit);
      out.push(item);
    } else {
      const { a, b } = item;
      const block = blockOf[a];
      if (block && block === blockOf[b]) block.items.push(item);
      else {
        close(a);
        close(b);
        const opened: Block = { a, b, items: [item] };
        blockOf[a] = opened;
        blockOf[b] = opened;
      }
    }
  }
  for (let qubit = 0; qubit < qubits; qubit++) close(qubit);
  return out;
}

function shorter({ a, b, items }: Block, fractional: boolean): readonly (One | Zz | Swap)[] {
  const cost = costIn(items, fractional);
  const swaps = items.some(({ kind }) => kind === "swap");
  const rotations = items.filter(({ kind }) => kind === "zz").length;
  if (!swaps && (cost < 2 || rotations < 2)) return items;
  if (rotations === 0 && !fractional && items.filter(({ kind }) => kind === "swap").length === 1)
    return items.flatMap((item) => (item.kind === "swap" ? ofSwap(item) : [item]));
  const unitary = unitaryOf(items, a);
  if (!swaps && !fractional && !mayTakeFewer(unitary, cost)) return items;
  const made = synthesize(unitary, a, b, fractional);
  if (made && (swaps || costIn(made, fractional) < cost)) return made;
  return swaps ? items.flatMap((item) => (item.kind === "swap" ? exchange(item) : [item])) : items;
}

/** A swap alone, as synthesis makes it, made once. */
const SWAP = synthesize(unitaryOf([{ kind: "swap", a: 0, b: 1 }], 0), 0, 1, false);

function ofSwap(swap: Swap): readonly (One | Zz)[] {
  const to = (qubit: number): number => (qubit === 0 ? swap.a : swap.b);
  return (
    SWAP?.map((item) =>
      item.kind === "one" ? { ...item, qubit: to(item.qubit) } : { ...item, a: to(item.a), b: to(item.b) },
    ) ?? exchange(swap)
  );
}

/** A swap as rotations about ZZ, XX and YY by a quarter turn each. */
function exchange({ a, b }: Swap): readonly (One | Zz)[] {
  const both = (name: string): One[] =>
    [a, b].map((qubit) => ({ kind: "one", qubit, matrix: gateMatrix(name) }));
  const zz: Zz = { kind: "zz", a, b, angle: Math.PI / 2 };
  return [zz, ...both("h"), zz, ...both("h"), ...both("sx"), zz, ...both("sxdg")];
}

function costIn(items: readonly Item[], fractional: boolean): number {
  return items.reduce((sum, item) => sum + costOf(item, fractional), 0);
}
