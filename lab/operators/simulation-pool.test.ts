import { ArqonError } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import { BELL } from "./lab.fixture.ts";
import type { SimulationReply, SimulationRequest } from "./simulation.ts";
import { SimulationPool, type SimulationThread } from "./simulation-pool.ts";

const REQUEST: SimulationRequest = {
  source: BELL,
  fileName: "bell.qasm",
  shots: 100,
  seed: 1n,
  memoryBytes: 2 ** 30,
};
const ANSWER: SimulationReply = {
  kind: "answer",
  answer: { counts: { "0": 1 }, engine: "fast", reason: "small", qubits: 1, warnings: [] },
};

/** A thread that answers when told to. */
class HandThread implements SimulationThread {
  posted = 0;
  terminated = false;
  reply: (reply: SimulationReply) => void = () => {};
  end: (why: string) => void = () => {};

  post(): void {
    this.posted++;
  }

  listen(onReply: (reply: SimulationReply) => void, onEnd: (why: string) => void): void {
    this.reply = onReply;
    this.end = onEnd;
  }

  async terminate(): Promise<void> {
    this.terminated = true;
    this.end("terminated");
  }
}

function setUp(size = 1) {
  const threads: HandThread[] = [];
  const pool = new SimulationPool(size, () => {
    const thread = new HandThread();
    threads.push(thread);
    return thread;
  });
  const run = (signal: AbortSignal = new AbortController().signal) =>
    pool.simulate(REQUEST, { signal, progress: () => {} });
  return { threads, pool, run };
}

/** Lets every promise that can settle do so. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("the simulation pool", () => {
  test("runs one at a time, in order, on a thread that stays warm", async () => {
    const { threads, run } = setUp();
    const runs = [run(), run(), run()];
    await settled();
    for (let i = 1; i <= 3; i++) {
      expect(threads.map(({ posted }) => posted)).toEqual([i]);
      threads[0]?.reply(ANSWER);
      await runs[i - 1];
      await settled();
    }
  });

  test("the next begins when the thread of a cancelled one has ended, and not before", async () => {
    const { threads, run } = setUp();
    const cancel = new AbortController();
    const first = run(cancel.signal);
    const second = run();
    await settled();
    const thread = threads[0] as HandThread;
    thread.terminate = async () => {
      thread.terminated = true;
    };
    cancel.abort();
    thread.reply(ANSWER);
    await settled();
    expect([thread.terminated, threads.length]).toEqual([true, 1]);
    thread.end("exit");
    await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    await settled();
    threads[1]?.reply(ANSWER);
    await expect(second).resolves.toMatchObject({ qubits: 1 });
  });

  test("a newcomer does not overtake one that has waited longer", async () => {
    const { threads, run } = setUp();
    const ended: string[] = [];
    const first = run().then(() => run().then(() => ended.push("newcomer")));
    const waiting = run().then(() => ended.push("waiting"));
    for (let i = 0; i < 3; i++) {
      await settled();
      threads[0]?.reply(ANSWER);
    }
    await Promise.all([first, waiting]);
    expect(ended).toEqual(["waiting", "newcomer"]);
  });

  test("runs as many at a time as it may", async () => {
    const { threads, run } = setUp(2);
    const runs = [run(), run(), run()];
    await settled();
    expect(threads.map(({ posted }) => posted)).toEqual([1, 1]);
    for (const thread of threads) thread.reply(ANSWER);
    await settled();
    for (const thread of threads) thread.reply(ANSWER);
    await Promise.all(runs);
  });

  test("ends the thread of a cancelled simulation, and starts another for the next", async () => {
    const { threads, run } = setUp();
    const cancel = new AbortController();
    const cancelled = run(cancel.signal);
    const next = run();
    await settled();
    cancel.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
    await settled();
    expect(threads.map(({ terminated }) => terminated)).toEqual([true, false]);
    threads[1]?.reply(ANSWER);
    await expect(next).resolves.toMatchObject({ qubits: 1 });
  });

  test("lets one that is cancelled while it waits go, without taking its turn", async () => {
    const { threads, run } = setUp();
    const cancel = new AbortController();
    const [first, waiting, last] = [run(), run(cancel.signal), run()];
    await settled();
    cancel.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    threads[0]?.reply(ANSWER);
    await first;
    await settled();
    threads[0]?.reply(ANSWER);
    await last;
    expect(threads).toHaveLength(1);
  });

  test("uses the thread it was warmed with, unless that died meanwhile", async () => {
    const { threads, pool, run } = setUp();
    pool.warm();
    const first = run();
    await settled();
    threads[0]?.reply(ANSWER);
    await first;
    threads[0]?.end("killed");
    const second = run();
    await settled();
    threads[1]?.reply(ANSWER);
    await second;
    expect(threads.map(({ posted }) => posted)).toEqual([1, 1]);
  });

  test("reports a thread that dies, and goes on with another", async () => {
    const { threads, run } = setUp();
    const dying = run();
    await settled();
    threads[0]?.end("out of memory");
    await expect(dying).rejects.toMatchObject({ code: "EXECUTION_FAILED", message: "out of memory" });
    const next = run();
    await settled();
    threads[1]?.reply(ANSWER);
    await next;
  });

  test("closes with what runs refused, and starts nothing more", async () => {
    const { pool, run } = setUp();
    const running = run();
    running.catch(() => {});
    await settled();
    await pool.close();
    await expect(running).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
    await expect(run()).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
  });
});

describe("a real simulating thread", () => {
  test("keeps the caller's thread free, tells progress, and carries errors over", async () => {
    const pool = new SimulationPool();
    const signal = new AbortController().signal;
    try {
      const { counts } = await pool.simulate(REQUEST, { signal, progress: () => {} });
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(100);
      const bad = pool.simulate(
        { ...REQUEST, source: "OPENQASM 2.0;\nqreg" },
        { signal, progress: () => {} },
      );
      const error = await bad.catch((thrown) => thrown);
      expect(error).toBeInstanceOf(ArqonError);
      expect(error).toMatchObject({
        code: "QASM_SYNTAX",
        message: expect.stringMatching(/bell\.qasm:\d+:\d+/),
      });
    } finally {
      await pool.close();
    }
  });

  test("is stopped in the middle of a long simulation", async () => {
    const pool = new SimulationPool();
    const cancel = new AbortController();
    // Measured and reset again and again, so that it would run for minutes.
    const lines = Array.from(
      { length: 400 },
      (_, i) => `h q[${i % 20}]; measure q[${i % 20}] -> c[0]; reset q[1];`,
    );
    const source = `OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[20];\ncreg c[1];\n${lines.join("\n")}\n`;
    try {
      const running = pool.simulate(
        { ...REQUEST, source, shots: 100_000 },
        { signal: cancel.signal, progress: () => cancel.abort() },
      );
      await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
    } finally {
      await pool.close();
    }
  });
});
