import { ArqonError, ManualTime } from "@arqon/core/base";
import { expect, test } from "vitest";
import { supervise } from "./supervise.ts";
import type { Thread } from "./thread.ts";

/** Threads that die when told to. */
function stage() {
  const time = new ManualTime();
  const told: string[] = [];
  const deaths: ((error?: ArqonError) => void)[] = [];
  let refuse = false;
  let hold: Promise<void> | undefined;
  const start = async (): Promise<Thread> => {
    if (refuse) throw new ArqonError("INTERNAL", "no memory");
    await hold;
    const { promise, resolve } = Promise.withResolvers<ArqonError | undefined>();
    deaths.push(resolve);
    return {
      name: "sealer",
      url: undefined,
      secureUrl: undefined,
      tell: () => {},
      ended: promise,
      stop: async () => resolve(undefined),
    };
  };
  const settle = (): Promise<void> => new Promise((done) => setImmediate(done));
  return {
    told,
    deaths,
    refuse: (now: boolean) => {
      refuse = now;
    },
    hold: (until: Promise<void>) => {
      hold = until;
    },
    settle,
    pass: async (ms: number) => {
      await settle();
      time.advance(ms);
      await settle();
    },
    run: () => supervise("sealer", start, time, (line) => told.push(line)),
  };
}

test("a service that dies is started again, later each time, and it is told", async () => {
  const { told, deaths, pass, run } = stage();
  const service = await run();
  for (const pauseMs of [250, 500, 1_000]) {
    const started = deaths.length;
    deaths.at(-1)?.(new ArqonError("INTERNAL", "sealer died: boom"));
    await pass(pauseMs - 1);
    expect(deaths.length).toBe(started);
    await pass(1);
    expect(deaths.length).toBe(started + 1);
  }
  expect(told[0]).toBe("sealer: sealer died: boom; it is started again in 250 ms");
  await pass(61_000);
  deaths.at(-1)?.(new ArqonError("INTERNAL", "sealer died: boom"));
  await pass(250);
  expect(deaths.length).toBe(5);
  await service.stop(1);
});

test("a start that fails is tried again, and a stop ends the wait", async () => {
  const { told, deaths, refuse, pass, run } = stage();
  const service = await run();
  refuse(true);
  deaths[0]?.(new ArqonError("INTERNAL", "sealer died: boom"));
  await pass(250);
  expect(told.at(-1)).toBe("sealer: it could not be started again: no memory");
  refuse(false);
  await pass(500);
  expect(deaths.length).toBe(2);
  deaths[1]?.(new ArqonError("INTERNAL", "sealer died: boom"));
  await pass(0);
  await service.stop(1);
  await pass(100_000);
  expect(deaths.length).toBe(2);
});

test("a stop during a start waits for it and ends what it gave", async () => {
  const { deaths, hold, pass, settle, run } = stage();
  const service = await run();
  const gate = Promise.withResolvers<void>();
  hold(gate.promise);
  deaths[0]?.(new ArqonError("INTERNAL", "sealer died: boom"));
  await pass(250);
  let stopped = false;
  const stopping = service.stop(1).then(() => {
    stopped = true;
  });
  await settle();
  expect(stopped).toBe(false);
  gate.resolve();
  await stopping;
  expect(deaths.length).toBe(2);
});
