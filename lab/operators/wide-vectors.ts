/** Kernels with vectors of 256 bits, where the engine is known to make them; see `docs/adr/0014-*`. */
import { setFlagsFromString } from "node:v8";

/** Versions of V8 in which every kernel was compiled this way and gave the bits of the narrow one. */
const KNOWN: readonly string[] = ["14.6.202.34-node.34"];
/** Pairs of neighbouring vectors become one; all code at once, since what is compiled later would not have the flag. */
const FLAGS = [
  ["--experimental-wasm-revectorize", "--no-experimental-wasm-revectorize"],
  ["--no-liftoff", "--liftoff"],
  ["--no-wasm-lazy-compilation", "--wasm-lazy-compilation"],
  ["--no-wasm-inlining", "--wasm-inlining"],
] as const;

let done = false;

/**
 * Compiles the kernels with vectors of 256 bits; the bits of results stay the same. Threads that compile the same code get
 * what was made here. Call it before they are started: for its time, some 50 ms, the flags of V8 are those of all threads.
 *
 * @returns whether it did; not on other processors than x64, other versions of V8, or where ARQON_VECTORS is 128.
 */
export async function widenVectors(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<boolean> {
  if (done) return true;
  if (process.arch !== "x64" || !KNOWN.includes(process.versions.v8) || env["ARQON_VECTORS"] === "128")
    return false;
  const { compileKernels } = await import("@arqon/substrates/quantum");
  // From here on nothing is waited for: no other code is compiled while the flags are set.
  for (const [on] of FLAGS) setFlagsFromString(on);
  try {
    compileKernels();
  } finally {
    for (const [, off] of FLAGS) setFlagsFromString(off);
  }
  // What was compiled replaces the first version of the code when this thread next asks for its tasks.
  await new Promise((resolve) => setImmediate(resolve));
  done = true;
  return true;
}
