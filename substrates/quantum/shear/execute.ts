/** Runs planned sweeps on the kernel. */
import { type Kernel, ORDER, PROGRAM_AT } from "../fast/kernel.ts";
import type { Tick } from "../simulate/state.ts";
import type { ShearPlan, Sweep, Term, Turn, Turns } from "./plan.ts";

const TERM_BYTES = 32;
const PASS_BYTES = 40;
const LISTS_AT = PROGRAM_AT + 128;
const DIAGONAL = 1;
const LANES = 2;
const ACROSS = 4;
const INNER = 8;
/** Positions below this one are places within a row of the kernel. */
const ROW_BITS = 6;

/** Applies a plan to a state on which nothing else is under way. */
export function executeShear(kernel: Kernel, { sweeps, frame, active }: ShearPlan, tick: Tick): void {
  const parts = sweeps.length + 1;
  for (const [done, sweep] of sweeps.entries()) {
    const { layout, cost } = sweep;
    writeSweep(kernel, sweep);
    const vectors = 2 ** (sweep.active - kernel.lanes);
    const { bits, low, high } = layout;
    const count = 2 ** Math.max(0, sweep.active - bits);
    kernel.order({ kind: ORDER.layer, bits, count, low, high, work: cost * vectors }, (part) =>
      tick((done + part) / parts),
    );
  }
  if (frame === 0) return;
  const vectors = 2 ** (active - kernel.lanes);
  const pairs = frame >> kernel.lanes ? vectors / 2 : vectors;
  kernel.order({ kind: ORDER.flip, bits: active, count: pairs, record: frame, work: 8 * vectors }, (part) =>
    tick((sweeps.length + part) / parts),
  );
}

function writeSweep(kernel: Kernel, { layout, before, diagonal, after }: Sweep): void {
  const { words, doubles } = kernel;
  const word = PROGRAM_AT / 4;
  const number = PROGRAM_AT / 8;
  let at = LISTS_AT;
  const terms = (field: number, list: readonly Term[]): void => {
    words[word + field] = list.length;
    words[word + field + 1] = at;
    for (const { mask, value, position, kind, factor } of list) {
      words[at / 4] = mask;
      words[at / 4 + 1] = value;
      words[at / 4 + 2] = position;
      words[at / 4 + 3] = kind;
      doubles[at / 8 + 2] = factor[0];
      doubles[at / 8 + 3] = factor[1];
      at += TERM_BYTES;
    }
  };
  const pass = (list: readonly Turn[]): void => {
    words[at / 4] = list.length;
    for (const [k, { position, t }] of list.entries()) {
      words[at / 4 + 1 + k] = position - kernel.lanes;
      doubles[at / 8 + 2 + k] = t;
    }
    at += PASS_BYTES;
  };
  const turns = (field: number, lanesAt: number, { lanes, passes, outer }: Turns): void => {
    doubles[number + lanesAt] = lanes[0];
    doubles[number + lanesAt + 1] = lanes[1];
    for (const [k, lists] of [passes, outer].entries()) {
      words[word + field + 2 * k] = lists.length;
      words[word + field + 2 * k + 1] = at;
      for (const list of lists) pass(list);
    }
  };
  const { base, table, above, across } = diagonal ?? { base: [1, 0], table: [], above: [], across: [] };
  let flags = 0;
  if (diagonal) flags |= DIAGONAL;
  if ([...before.lanes, ...after.lanes].some((t) => t !== 0)) flags |= LANES;
  if (across.length > 0) flags |= ACROSS;
  if (across.some(({ position }) => position < ROW_BITS)) flags |= INNER;
  words[word] = flags;
  words[word + 1] = layout.bits;
  terms(2, table);
  terms(4, above);
  terms(6, across);
  turns(8, 10, before);
  turns(12, 12, after);
  doubles[number + 8] = base[0];
  doubles[number + 9] = base[1];
}
