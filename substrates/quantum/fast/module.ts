/** The compiled kernels, by precision and kind of memory. */
import { QUANTUM_KERNEL_F32 } from "../kernel/gen/kernel-f32.ts";
import { QUANTUM_KERNEL_F64 } from "../kernel/gen/kernel-f64.ts";
import type { Precision } from "../precision.ts";
import { type Memory, wasm } from "./webassembly.ts";

/** What the kernel exports. */
export interface KernelExports {
  /** Carries out part `part` of `parts` of the order at `order`, in the memory of thread `thread`. */
  run(order: number, part: number, parts: number, thread: number): void;
}

const SOURCES: Readonly<Record<Precision, string>> = { f32: QUANTUM_KERNEL_F32, f64: QUANTUM_KERNEL_F64 };
/** The import of the memory as it is written in a module, up to the flags of its limits. */
const IMPORT = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2];
const LIMITED = 1;
const LIMITED_AND_SHARED = 3;

const compiled = new Map<string, object>();

/** The same code for both kinds of memory: only the flags of the import differ. */
function bytesOf(precision: Precision, shared: boolean): Uint8Array {
  const bytes = Uint8Array.from(atob(SOURCES[precision]), (c) => c.charCodeAt(0));
  const at = bytes.findIndex((_, i) => IMPORT.every((byte, k) => bytes[i + k] === byte)) + IMPORT.length;
  if (bytes[at] !== LIMITED) throw new TypeError("the kernel does not import its memory as it should");
  if (shared) bytes[at] = LIMITED_AND_SHARED;
  return bytes;
}

function moduleOf(precision: Precision, shared: boolean): object {
  const key = `${precision} ${shared}`;
  const made = compiled.get(key) ?? new wasm.Module(bytesOf(precision, shared));
  compiled.set(key, made);
  return made;
}

/** Compiles every kernel before its first use; threads that compile the same code later may be given what was made here. */
export function compileKernels(): void {
  for (const precision of ["f32", "f64"] as const)
    for (const shared of [false, true]) moduleOf(precision, shared);
}

/** The kernel on a memory. */
export function kernelOn(memory: Memory, precision: Precision): KernelExports {
  const shared = !(memory.buffer instanceof ArrayBuffer);
  return new wasm.Instance(moduleOf(precision, shared), { env: { memory } }).exports as KernelExports;
}
