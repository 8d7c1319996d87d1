import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { LiveSummary, ReplayReport } from "@arqon/lab/replay";
import { type Client, connect } from "@arqon/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Home, newHome, type Serving } from "../e2e/cli.ts";

/** Messages recorded; raise it with ARQON_REPLAY. */
const MESSAGES = Number(process.env["ARQON_REPLAY"] ?? "3000");
const OPERATORS = resolve(import.meta.dirname, "operators.ts");
const LIVE = resolve(import.meta.dirname, "live.ts");

class LiveProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(home: Home, server: Serving, id: string, inputs: number) {
    const env = {
      ...process.env,
      ARQON_HOME: home.path,
      ARQON_URL: server.url,
      ARQON_API_KEY: server.apiKey,
    };
    this.#child = spawn(process.execPath, [LIVE, id, String(inputs)], {
      env: { ...env, TZ: "America/New_York" },
    });
    this.#child.stderr.pipe(process.stderr);
    const lines: Interface = createInterface({ input: this.#child.stdout });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async ready(): Promise<void> {
    expect((await this.#lines.next()).value).toBe("ready");
  }

  async ended(): Promise<LiveSummary> {
    const { value } = await this.#lines.next();
    if (this.#child.exitCode === null) await once(this.#child, "close");
    return JSON.parse(value ?? "null") as LiveSummary;
  }
}

describe(`a Reality of ${MESSAGES} messages`, () => {
  let home: Home;
  let server: Serving;
  let live: LiveSummary[];
  let client: Client;

  beforeAll(async () => {
    home = newHome();
    server = await home.serve();
    const timers = Math.floor(MESSAGES / 1_000);
    const runs = [
      // Both settings, every reading, every timer.
      new LiveProcess(home, server, "walker", MESSAGES + 1 + timers),
      new LiveProcess(home, server, "mixer", 2 * MESSAGES),
      new LiveProcess(home, server, "chaos", MESSAGES + 1),
    ];
    for (const run of runs) await run.ready();
    client = await connect({ url: server.url, apiKey: server.apiKey });
    const durability = "logged" as const;
    await client.publish("lab.config.start", { x: 0.3 }, { durability });
    await client.publish("lab.config.set", { gain: 1 }, { durability });
    const open: Promise<unknown>[] = [];
    for (let i = 0; i < MESSAGES; i++) {
      open.push(client.publish("lab.sensor.read", { value: Math.sin(i / 100), i }, { durability }));
      if (open.length >= 500) await Promise.all(open.splice(0));
    }
    await Promise.all(open);
    live = await Promise.all(runs.map((run) => run.ended()));
  }, 600_000);

  afterAll(async () => {
    await client.close();
    await server.stop();
    home[Symbol.dispose]();
  });

  async function replay(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<ReplayReport> {
    const outcome = await home.arqon(["replay-reality", OPERATORS, "--json", ...args], env);
    expect(outcome.code, outcome.stderr).toBeLessThan(2);
    return outcome.json<ReplayReport>();
  }

  test("gives the same output hash chains in another process and another time zone", async () => {
    const startedMs = performance.now();
    const report = await replay(["--id", "kolkata"], { TZ: "Asia/Kolkata", LC_ALL: "de_DE.UTF-8" });
    console.info(`${report.played} messages replayed in ${Math.round(performance.now() - startedMs)} ms`);
    expect(report.verdict, JSON.stringify(report.first)).toBe("IDENTICAL");
    expect(report.warnings).toEqual([]);
    expect(report.operators.map(({ operator }) => operator)).toEqual(["chaos", "mixer", "walker"]);
    for (const one of report.operators) {
      const original = live.find(({ operator }) => operator === one.operator);
      expect(original?.outputs).toBeGreaterThan(0);
      expect(one.inputs).toBe(original?.inputs);
      expect(one.recorded).toEqual({ outputs: original?.outputs, chain: original?.chain });
      expect(one.replayed).toEqual(one.recorded);
      console.info(
        `${one.operator}: ${one.inputs} inputs, ${one.replayed.outputs} outputs, chain ${one.replayed.chain}`,
      );
    }
  }, 600_000);

  test("stands in a Reality of its own, each message with its origin; the recorded one is as it was", async () => {
    await using replayed = await connect({
      url: server.url,
      apiKey: server.apiKey,
      reality: "replay.kolkata",
    });
    let readings = 0;
    let outputs = 0;
    for await (const { topic, envelope } of replayed.history()) {
      if (topic === "lab.sensor.read") {
        readings++;
        expect(envelope.origin?.realityId).toBe("main");
      } else if (envelope.cause !== "" && !topic.startsWith("timer.")) outputs++;
    }
    expect(readings).toBe(MESSAGES);
    expect(outputs).toBe(live.reduce((sum, one) => sum + one.outputs, 0));
    await using fresh = await connect({ url: server.url, apiKey: server.apiKey });
    for await (const { envelope } of fresh.history({ filter: "lab.sensor.read" })) {
      expect(envelope.origin).toBeUndefined();
      break;
    }
  }, 600_000);

  test("names the first output that a changed parameter changes, and how fast the difference grows", async () => {
    const report = await replay(["--set", `lab.config.start#/x=${0.3 + 1e-12}`]);
    expect(report.verdict).toBe("DIVERGED");
    expect(report.overridden).toBe(1);
    const [chaos, mixer, walker] = report.operators;
    expect(mixer?.verdict).toBe("IDENTICAL");
    expect(walker?.verdict).toBe("IDENTICAL");
    expect(chaos?.first).toEqual(report.first);
    expect(report.first).toMatchObject({ operator: "chaos", kind: "changed", index: 0 });
    expect(report.first?.fields.map(({ pointer }) => pointer)).toEqual(["/payload/x"]);
    const first = await nth("lab.sensor.read", 0);
    expect(report.first?.cause).toEqual({ id: first.id, sequence: first.sequence, timeUs: first.timeUs });
    expect(report.first?.sequence).toBe((await nth("lab.chaos.state", 0)).sequence);
    // The map's exponent is ln 2; a finite time gives it roughly.
    expect(Math.abs((chaos?.lyapunov?.perOutput ?? 0) - Math.LN2)).toBeLessThan(0.15);
  }, 600_000);

  test("a change in the middle shows there, and in whoever listens to who it changes", async () => {
    const at = Math.floor(MESSAGES / 2);
    const changed = await nth("lab.sensor.read", at);
    const report = await replay(["--from", String(changed.sequence), "--set", `lab.sensor.read#/value=7`]);
    expect(report.warmFrom).toBeLessThan(report.from);
    const walker = report.operators.find(({ operator }) => operator === "walker");
    expect(walker?.first).toMatchObject({ index: at, cause: { id: changed.id, sequence: changed.sequence } });
    const mixer = report.operators.find(({ operator }) => operator === "mixer");
    expect(mixer?.verdict).toBe("DIVERGED");
    expect(mixer?.first?.cause.sequence).toBeGreaterThan(changed.sequence);
    expect(report.operators.find(({ operator }) => operator === "chaos")?.verdict).toBe("IDENTICAL");
  }, 600_000);

  /** The `n`-th logged message of a topic. */
  async function nth(topic: string, n: number): Promise<{ id: string; sequence: number; timeUs: number }> {
    let i = 0;
    for await (const { id, sequence, timestampUs } of client.history({ filter: topic }))
      if (i++ === n) return { id, sequence, timeUs: timestampUs };
    throw new Error(`${topic} has only ${i} messages`);
  }
});
