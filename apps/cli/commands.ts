/** Every command there is, in the order help shows them. */
import type { Command } from "./command.ts";
import { calibration } from "./commands/calibration.ts";
import { cite } from "./commands/cite.ts";
import { classify } from "./commands/classify.ts";
import { completionsOf } from "./commands/completions.ts";
import { demo } from "./commands/demo.ts";
import { doctor } from "./commands/doctor.ts";
import { draw } from "./commands/draw.ts";
import { estimate } from "./commands/estimate.ts";
import { exportCommand } from "./commands/export.ts";
import { gc } from "./commands/gc.ts";
import { gradient } from "./commands/gradient.ts";
import { history } from "./commands/history.ts";
import { importCommand } from "./commands/import.ts";
import { keys } from "./commands/keys.ts";
import { ledger } from "./commands/ledger.ts";
import { lineage } from "./commands/lineage.ts";
import { manifest } from "./commands/manifest.ts";
import { pub } from "./commands/pub.ts";
import { reindex } from "./commands/reindex.ts";
import { replay } from "./commands/replay.ts";
import { replayRealityCommand } from "./commands/replay-reality.ts";
import { run } from "./commands/run.ts";
import { runs } from "./commands/runs.ts";
import { serve } from "./commands/serve.ts";
import { show } from "./commands/show.ts";
import { sub } from "./commands/sub.ts";
import { submit } from "./commands/submit.ts";
import { tls } from "./commands/tls.ts";
import { top } from "./commands/top.ts";
import { transpile } from "./commands/transpile.ts";
import { validate } from "./commands/validate.ts";
import { verify } from "./commands/verify.ts";
import { witness } from "./commands/witness.ts";

export const COMMANDS: readonly Command[] = [
  run,
  estimate,
  draw,
  transpile,
  gradient,
  calibration,
  runs,
  show,
  verify,
  validate,
  manifest,
  replay,
  lineage,
  cite,
  exportCommand,
  importCommand,
  serve,
  pub,
  sub,
  history,
  replayRealityCommand,
  submit,
  classify,
  top,
  demo,
  doctor,
  keys,
  ledger,
  witness,
  gc,
  reindex,
  tls,
  completionsOf(() => COMMANDS),
];
