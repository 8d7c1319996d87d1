/** The engines a circuit can be run on. */

/** Engines that keep every amplitude: "oracle" is plain TypeScript, "fast" is WebAssembly; both give the same counts. */
export type EngineName = "oracle" | "fast";

/** Every engine; see `auto.ts` for which runs what. */
export type SimulatorName = EngineName | "stabilizer" | "mps";
