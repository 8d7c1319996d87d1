/** Every command there is, in the order help shows them. One that is used is read with what it needs; the others are not. */
import type { Command } from "./command.ts";

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./commands/run.ts")).run,
  estimate: async () => (await import("./commands/estimate.ts")).estimate,
  draw: async () => (await import("./commands/draw.ts")).draw,
  transpile: async () => (await import("./commands/transpile.ts")).transpile,
  gradient: async () => (await import("./commands/gradient.ts")).gradient,
  calibration: async () => (await import("./commands/calibration.ts")).calibration,
  runs: async () => (await import("./commands/runs.ts")).runs,
  show: async () => (await import("./commands/show.ts")).show,
  annotate: async () => (await import("./commands/annotate.ts")).annotate,
  verify: async () => (await import("./commands/verify.ts")).verify,
  validate: async () => (await import("./commands/validate.ts")).validate,
  manifest: async () => (await import("./commands/manifest.ts")).manifest,
  replay: async () => (await import("./commands/replay.ts")).replay,
  lineage: async () => (await import("./commands/lineage.ts")).lineage,
  cite: async () => (await import("./commands/cite.ts")).cite,
  export: async () => (await import("./commands/export.ts")).exportCommand,
  import: async () => (await import("./commands/import.ts")).importCommand,
  serve: async () => (await import("./commands/serve.ts")).serve,
  pub: async () => (await import("./commands/pub.ts")).pub,
  sub: async () => (await import("./commands/sub.ts")).sub,
  history: async () => (await import("./commands/history.ts")).history,
  "replay-reality": async () => (await import("./commands/replay-reality.ts")).replayRealityCommand,
  submit: async () => (await import("./commands/submit.ts")).submit,
  job: async () => (await import("./commands/job.ts")).job,
  classify: async () => (await import("./commands/classify.ts")).classify,
  top: async () => (await import("./commands/top.ts")).top,
  demo: async () => (await import("./commands/demo.ts")).demo,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  keys: async () => (await import("./commands/keys.ts")).keys,
  ledger: async () => (await import("./commands/ledger.ts")).ledger,
  witness: async () => (await import("./commands/witness.ts")).witness,
  gc: async () => (await import("./commands/gc.ts")).gc,
  reindex: async () => (await import("./commands/reindex.ts")).reindex,
  tls: async () => (await import("./commands/tls.ts")).tls,
  completions: async () => (await import("./commands/completions.ts")).completionsOf(allCommands),
};

/** How they are called. */
export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** The command of that name. */
export async function commandNamed(name: string): Promise<Command | undefined> {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name]?.() : undefined;
}

/** All of them. */
export function allCommands(): Promise<Command[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()));
}
