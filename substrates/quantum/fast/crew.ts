/** Threads that work on one state together. Who starts them is not known here: a crew is handed in. */
import type { Precision } from "../precision.ts";
import { kernelOn } from "./module.ts";
import type { Memory } from "./webassembly.ts";

/** What a thread needs to help with a state; can be sent between threads. */
export interface CrewTask {
  readonly memory: Memory;
  readonly precision: Precision;
}

/** Helpers of the thread that runs a circuit. */
export interface Crew {
  /** Threads, the caller's own among them. */
  readonly threads: number;
  /** Lets thread 1, 2, ... call {@link helpCrew} for a task; must not wait for them. */
  call(task: CrewTask): void;
}

/** Every order is cut into this many parts; threads take them as they come, so a late thread delays nothing. */
export const PARTS = 32;
/** Where the order stands in the memory, and before it the words threads agree by. */
export const ORDER_AT = 1024;
const GENERATION = 0;
const NEXT = 16;
const FINISHED = 32;
const LEAVE = 48;
/** Looks at a word before sleeping on it. */
const SPINS = 2000;

/** Works on a task until {@link release} is called; blocks. `thread` counts from 1. */
export function helpCrew({ memory, precision }: CrewTask, thread: number): void {
  const kernel = kernelOn(memory, precision);
  const words = new Int32Array(memory.buffer, 0, 64);
  for (let seen = 0; Atomics.load(words, LEAVE) === 0; ) {
    takeParts(words, (part) => kernel.run(ORDER_AT, part, PARTS, thread));
    let now = Atomics.load(words, GENERATION);
    for (let spin = 0; now === seen && spin < SPINS; spin++) now = Atomics.load(words, GENERATION);
    if (now === seen) Atomics.wait(words, GENERATION, seen);
    seen = Atomics.load(words, GENERATION);
  }
}

function takeParts(words: Int32Array, run: (part: number) => void): void {
  for (let part = Atomics.add(words, NEXT, 1); part < PARTS; part = Atomics.add(words, NEXT, 1)) {
    run(part);
    if (Atomics.add(words, FINISHED, 1) + 1 === PARTS) Atomics.notify(words, FINISHED);
  }
}

/** Before the first order: there is nothing to take, also of the order before where the memory is taken again. */
export function openCrew(words: Int32Array): void {
  Atomics.store(words, NEXT, PARTS);
  Atomics.store(words, LEAVE, 0);
}

/** Carries out the order that stands in the memory, together with whoever helps; returns when all of it is done. */
export function shareOrder(words: Int32Array, run: (part: number) => void): void {
  Atomics.store(words, FINISHED, 0);
  // Whoever takes a part from here on sees the new order: the store above and this one are seen in this order.
  Atomics.store(words, NEXT, 0);
  Atomics.add(words, GENERATION, 1);
  Atomics.notify(words, GENERATION);
  takeParts(words, run);
  for (let spin = 0; ; spin++) {
    const finished = Atomics.load(words, FINISHED);
    if (finished === PARTS) return;
    if (spin >= SPINS) Atomics.wait(words, FINISHED, finished);
  }
}

/** Sends the helpers home. */
export function release(words: Int32Array): void {
  Atomics.store(words, LEAVE, 1);
  Atomics.add(words, GENERATION, 1);
  Atomics.notify(words, GENERATION);
}
