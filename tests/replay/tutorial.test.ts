import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { JobResultSchema } from "@arqon/core/wire";
import { connect } from "@arqon/sdk";
import { expect, test } from "vitest";
import { newHome } from "../e2e/cli.ts";

const ROOT = resolve(import.meta.dirname, "../..");

test("the tutorial on replaying a Reality can be followed as it is written", async () => {
  using home = newHome();
  await using cleanup = new AsyncDisposableStack();
  const server = await home.serve();
  cleanup.defer(async () => void (await server.stop()));
  const page = readFileSync(join(ROOT, "docs/tutorials/replay-a-reality.md"), "utf8");
  const commands = [...page.matchAll(/^npx arqon (.+)$/gm)].map(([, rest]) => rest as string);
  const example = join(ROOT, "examples/drift.ts");
  const child = spawn(process.execPath, [example, "4"], { env: { ...process.env, ARQON_HOME: home.path } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe("listening");
  let chain = "";
  const verdicts: string[] = [];
  for (const command of commands.filter((one) => one !== "serve")) {
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    if (words[0] === "replay-reality" && chain === "") {
      chain = / chain ([0-9a-f]{64})$/.exec(String((await lines.next()).value))?.[1] ?? "none";
    }
    const { code, stdout, stderr } = await home.arqon(
      words.map((word) => word.replace("examples/drift.ts", example)),
    );
    expect([command, code], stderr).toEqual([command, command.includes("--set") ? 1 : 0]);
    if (words[0] !== "replay-reality") continue;
    verdicts.push(stdout.split("\n")[0] as string);
    expect(stdout).toContain(chain);
    if (code === 1) expect(stdout).toMatch(/first divergence: drift, output 0, sequence \d+, changed/);
  }
  expect(verdicts).toEqual([...page.matchAll(/^```\n(\w+)\n```$/gm)].map(([, verdict]) => verdict));
});

test("a job of a replay is answered with the result that was recorded", async () => {
  using home = newHome();
  await using cleanup = new AsyncDisposableStack();
  const server = await home.serve();
  cleanup.defer(async () => void (await server.stop()));
  const run = await home.arqon(["run", join(ROOT, "examples/bell.qasm"), "--seed", "42", "--json"]);
  expect(run.code, run.stderr).toBe(0);
  const replayed = await home.arqon(["replay-reality", "--id", "jobs", "--filter", "quantum.>", "--json"]);
  expect(replayed.code, replayed.stderr).toBe(0);
  expect(replayed.json<{ verdict: string; played: number }>()).toMatchObject({
    verdict: "NOT_COMPARABLE",
    played: 2,
  });
  const outputs: Uint8Array[] = [];
  for (const reality of ["main", "replay.jobs"]) {
    await using client = await connect({ url: server.url, apiKey: server.apiKey, reality });
    for await (const message of client.history({ filter: "quantum.results" }))
      outputs.push(message.unpack(JobResultSchema).output);
  }
  expect(outputs).toHaveLength(2);
  expect(outputs[1]).toEqual(outputs[0]);
});
