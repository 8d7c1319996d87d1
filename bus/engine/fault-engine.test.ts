import { createRandom, ManualTime } from "@arqon/core/base";
import { describe, expect, it } from "vitest";
import { describeEngine, type EngineBench, record } from "./describe-engine.ts";
import { type CrashModel, faultEngine } from "./fault-engine.ts";
import { History } from "./history.ts";

const ALL = { fromSequence: 1, toSequence: 2 ** 53 - 1, maxRecords: 1e6, maxBytes: 1e9 };

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

/** A life of several crashes on one seed; returns what happened, as a text. */
async function live(seed: number): Promise<string> {
  const { time, stop } = runningTime();
  const engine = faultEngine(seed, time, { append: 0.05, sync: 0.02, key: 0.1 });
  const random = createRandom(BigInt(seed), 5n);
  const history = new History();
  const events: string[] = [];
  let sequence = 0;
  let model: CrashModel = "kill";
  try {
    for (let lives = 0; lives < 4; lives++) {
      const log = await engine.openLog("lab");
      const wrong = history.checkRecovered(await log.read(ALL), model);
      if (wrong) return `wrong: ${wrong}`;
      events.push(`opened at ${log.lastSequence}`);
      const appends: Promise<unknown>[] = [];
      for (let steps = 5 + random.nextInt(20); steps > 0; steps--) {
        const batch = Array.from({ length: 1 + random.nextInt(3) }, () => record(++sequence));
        const durability = random.nextInt(2) === 0 ? "logged" : "synced";
        const acknowledge = history.started(batch, durability);
        const name = sequence;
        const told = log.append(batch, durability).then(
          () => {
            acknowledge();
            events.push(`ack ${name}`);
          },
          (error) => events.push(`${error.code} ${name}`),
        );
        appends.push(told);
        if (random.nextInt(3) === 0) await told;
      }
      model = random.nextInt(2) === 0 ? "kill" : "power";
      engine.crash(model);
      await Promise.all(appends);
    }
    return events.join("\n");
  } finally {
    stop();
  }
}

describe("the fault engine's crashes", () => {
  it("take nothing that was promised, for 200 seeds, and overtaking acknowledgements do happen", async () => {
    let overtakes = 0;
    let refusals = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const story = await live(seed);
      expect(story.startsWith("wrong"), `seed ${seed}: ${story}`).toBe(false);
      const acknowledged = [...story.matchAll(/ack (\d+)/g)].map((each) => Number(each[1]));
      overtakes += acknowledged.filter((each, at) => each < (acknowledged[at - 1] ?? 0)).length;
      refusals += story.split("LOG_UNAVAILABLE").length - 1;
    }
    expect(overtakes).toBeGreaterThan(100);
    expect(refusals).toBeGreaterThan(100);
  });

  it("follow from the seed", async () => {
    expect(await live(11)).toBe(await live(11));
    expect(await live(11)).not.toBe(await live(12));
  });
});
