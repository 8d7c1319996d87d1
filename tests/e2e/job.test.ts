/** Jobs that nobody waits for, fetched later; and small things that strangers stumbled over. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { operator } from "@arqon/sdk";
import { describe, expect, test } from "vitest";
import { newHome } from "./cli.ts";

interface Job {
  readonly jobId: string;
  readonly status: string;
  readonly note: string;
  readonly output: unknown;
  readonly artifactId: string;
  readonly error: { readonly code: string } | null;
}

describe("arqon job", () => {
  test("shows a detached job, waits for it, and gives its result and artifact", async () => {
    using home = newHome();
    const server = await home.serve();
    const file = home.file("program.txt");
    writeFileSync(file, "x");
    const submit = async (topic: string): Promise<string> =>
      (await home.arqon(["submit", topic, file, "--schema", "lab.x.v1", "--detach", "--json"])).json<Job>()
        .jobId;
    const id = await submit("later.jobs");
    const waiting = await home.arqon(["job", id, "--json"]);
    expect([waiting.code, waiting.json<Job>()]).toEqual([
      0,
      expect.objectContaining({ status: "SUBMITTED", note: "no operator serves later.jobs", output: null }),
    ]);

    const worker = await operator({
      url: server.url,
      apiKey: server.apiKey,
      topic: "later.jobs",
      handle: async () => ({ answer: 42 }),
    });
    const done = await home.arqon(["job", id, "--wait", "--json"]);
    expect([done.code, done.json<Job>()]).toEqual([
      0,
      expect.objectContaining({ status: "SUCCEEDED", output: { answer: 42 }, error: null }),
    ]);
    const { artifactId } = done.json<Job>();
    expect((await home.arqon(["verify", artifactId])).code).toBe(0);
    expect((await home.arqon(["job", id])).stdout).toContain(`artifact  ${artifactId}`);
    await worker.drain();

    const cancelled = await home.arqon(["job", await submit("never.jobs"), "--cancel", "--json"]);
    expect([cancelled.code === 0, cancelled.json<Job>()]).toEqual([
      false,
      expect.objectContaining({ status: "CANCELLED", error: expect.objectContaining({ code: "CANCELLED" }) }),
    ]);
    expect((await home.arqon(["job", "x"])).stderr).toContain("UUID_INVALID");
    await server.stop();
  });
});

describe("what strangers stumbled over", () => {
  test("help for programs is JSON, and the forms of keys stand a line each", async () => {
    using home = newHome();
    const all = await home.arqon(["help", "--json"]);
    expect(all.code).toBe(0);
    expect(all.json<{ name: string }[]>().map(({ name }) => name)).toContain("job");
    expect((await home.arqon(["help", "keys"])).stdout).toMatch(
      /^usage: arqon keys list \[OPTIONS\]\n {7}arqon keys generate \[OPTIONS\]/,
    );
    expect((await home.arqon(["submit", "--help"])).stdout).toContain(
      "usage: arqon submit TOPIC FILE [OPTIONS]",
    );
  });

  test("a Reality that is not there is not made by replaying it, and replays can be deleted", async () => {
    using home = newHome();
    const typo = await home.arqon(["replay-reality", "--reality", "typo", "--json"]);
    expect(typo.json<{ error: { code: string } }>().error.code).toBe("REALITY_UNKNOWN");
    const log = join(home.path, "log");
    expect(readdirSync(log).filter((name) => name !== "lock")).toEqual(
      existsSync(join(log, "main")) ? ["main"] : [],
    );
    const bell = resolve(import.meta.dirname, "../../examples/bell.qasm");
    expect((await home.arqon(["run", bell, "--seed", "1"])).code).toBe(0);
    expect((await home.arqon(["replay-reality", "--id", "one"])).stdout).toContain("gc --replays");
    expect(readdirSync(log)).toContain("replay.one");
    writeFileSync(join(log, "replay.txt"), "of somebody else");
    expect((await home.arqon(["gc", "--replays", "--yes", "--json"])).json()).toMatchObject({
      replays: ["replay.one"],
      deleted: true,
    });
    expect(readdirSync(log)).not.toContain("replay.one");
    expect((await home.arqon(["keys", "encrypt"])).code).toBe(0);
    expect(readdirSync(log)).not.toContain("replay.one");
    expect((await home.arqon(["replay-reality", "--id", "one"])).code).toBe(0);
  });

  test("an error about JSON is one line, whatever it quotes", async () => {
    using home = newHome();
    const file = home.file("bad.json");
    writeFileSync(file, '{"a":\n}');
    const { stderr } = await home.arqon(["validate", "abc", "--constraints", file]);
    expect(stderr.split("\n")[0]).toContain('"{"a":\\n}"');
  });
});
