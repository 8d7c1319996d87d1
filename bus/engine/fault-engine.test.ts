import { ManualTime } from "@arqon/core/base";
import { describeEngine, type EngineBench } from "./describe-engine.ts";
import { faultEngine } from "./fault-engine.ts";

/** Moves time on whenever nothing else happens. */
function runningTime(): { readonly time: ManualTime; readonly stop: () => void } {
  const time = new ManualTime();
  let runs = true;
  const step = () => {
    const dueMs = time.nextDueMs();
    if (dueMs !== undefined) time.advance(dueMs);
    if (runs) setImmediate(step);
  };
  setImmediate(step);
  return {
    time,
    stop: () => {
      runs = false;
    },
  };
}

async function makeBench(): Promise<EngineBench> {
  const { time, stop } = runningTime();
  const engine = faultEngine(7, time);
  return { open: async () => engine, dispose: async () => stop() };
}

describeEngine("the fault engine", makeBench);
