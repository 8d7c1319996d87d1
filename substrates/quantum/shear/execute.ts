/** Runs planned layers on the kernel. */
import type { Kernel } from "../fast/kernel.ts";
import { ORDER, PROGRAM_AT } from "../fast/kernel.ts";
import type { Tick } from "../simulate/state.ts";
import { type BlockSweep, chunkBits, type LayerPlan, type ShearPlan, type Term, type Turn } from "./plan.ts";

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
export function executeShear(kernel: Kernel, { layers, frame, active }: ShearPlan, tick: Tick): void {
  for (const [done, layer] of layers.entries())
    executeLayer(kernel, layer, (part) => tick((done + part) / (layers.length + 1)));
  if (frame === 0) return;
  const vectors = 2 ** (active - kernel.lanes);
  const pairs = frame >> kernel.lanes ? vectors / 2 : vectors;
  kernel.order({ kind: ORDER.flip, bits: active, count: pairs, record: frame, work: 8 * vectors }, (part) =>
    tick((layers.length + part) / (layers.length + 1)),
  );
}

function executeLayer(kernel: Kernel, { active, block, rows, cost }: LayerPlan, tick: Tick): void {
  const vectors = 2 ** (active - kernel.lanes);
  const { base, lanes, passes } = block;
  const sweeps = rows.length + 1;
  if (base || passes.length > 0 || lanes[0] !== 0 || lanes[1] !== 0) {
    writeBlock(kernel, block);
    const count = 2 ** (active - block.bits);
    kernel.order({ kind: ORDER.layer, bits: block.bits, count, work: cost * vectors }, (part) =>
      tick(part / sweeps),
    );
  }
  for (const [k, turns] of rows.entries()) {
    const apart = writeRows(kernel, turns);
    const count = 2 ** (active - apart);
    kernel.order({ kind: ORDER.rows, bits: active, count, work: cost * vectors }, (part) =>
      tick((1 + k + part) / sweeps),
    );
  }
}

function writeBlock(kernel: Kernel, { bits, base, table, above, across, lanes, passes }: BlockSweep): void {
  const { words, doubles } = kernel;
  const word = PROGRAM_AT / 4;
  let flags = 0;
  if (base) flags |= DIAGONAL;
  if (lanes[0] !== 0 || lanes[1] !== 0) flags |= LANES;
  if (base && across.length > 0) flags |= ACROSS;
  if (base && across.some(({ position }) => position < ROW_BITS)) flags |= INNER;
  words[word] = flags;
  words[word + 1] = bits;
  let at = LISTS_AT;
  const list = (field: number, terms: readonly Term[]): void => {
    words[word + field] = terms.length;
    words[word + field + 1] = at;
    for (const { mask, value, position, kind, factor } of terms) {
      words[at / 4] = mask;
      words[at / 4 + 1] = value;
      words[at / 4 + 2] = position;
      words[at / 4 + 3] = kind;
      doubles[at / 8 + 2] = factor[0];
      doubles[at / 8 + 3] = factor[1];
      at += TERM_BYTES;
    }
  };
  list(2, table);
  list(4, above);
  list(6, across);
  words[word + 8] = passes.length;
  words[word + 9] = at;
  for (const turns of passes) {
    words[at / 4] = turns.length;
    for (const [k, { position, t }] of turns.entries()) {
      words[at / 4 + 1 + k] = position - kernel.lanes;
      doubles[at / 8 + 2 + k] = t;
    }
    at += PASS_BYTES;
  }
  const number = PROGRAM_AT / 8;
  doubles[number + 5] = base?.[0] ?? 1;
  doubles[number + 6] = base?.[1] ?? 0;
  doubles[number + 7] = lanes[0];
  doubles[number + 8] = lanes[1];
}

/** Writes the rotations of a sweep over rows; returns how many bits of an index do not count its chunks. */
function writeRows(kernel: Kernel, turns: readonly Turn[]): number {
  const { words, doubles } = kernel;
  const realBytes = kernel.re.BYTES_PER_ELEMENT;
  const chunk = chunkBits(realBytes);
  const word = PROGRAM_AT / 4;
  words[word] = turns.length;
  for (const [k, { position, t }] of turns.entries()) {
    words[word + 2 + k] = position - chunk;
    words[word + 8 + k] = realBytes * 2 ** position;
    doubles[PROGRAM_AT / 8 + 8 + k] = t;
  }
  return chunk + turns.length;
}
