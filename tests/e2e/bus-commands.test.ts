import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { connect, json } from "@arqon/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Home, newHome, type Serving } from "./cli.ts";

const BELL = resolve(import.meta.dirname, "../../examples/bell.qasm");

interface ErrorAnswer {
  error: { code: string; remedy: string };
}
interface Shown {
  sequence: number;
  topic: string;
  form: string;
  payload: unknown;
  durability: string;
}
interface TopAnswer {
  connections: Record<string, number>;
  sequence: Record<string, number>;
  jobs: Record<string, number>;
  traffic: { topicClass: string; inTotal: number; outTotal: number }[];
}

/** Resolves with the first line on stderr that holds `text`. */
async function said(child: ChildProcessWithoutNullStreams, text: string): Promise<void> {
  for await (const line of createInterface({ input: child.stderr })) if (line.includes(text)) return;
  throw new Error(`ended without "${text}"`);
}

/** Everything a command prints until it ends, and its exit code. */
async function ended(child: ChildProcessWithoutNullStreams): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const closed = once(child, "close");
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  const [code] = await closed;
  return { code, lines };
}

describe("with a server", () => {
  let home: Home;
  let server: Serving;
  beforeAll(async () => {
    home = newHome();
    server = await home.serve();
  });
  afterAll(async () => {
    await server.stop();
    home[Symbol.dispose]();
  });

  test("what one publishes another prints, live and later; history says the same", async () => {
    const listener = home.start(["sub", "lab.live.>", "--count", "3", "--json"]);
    const heard = ended(listener);
    await said(listener, "listening");
    const logged = ["--durability", "logged", "--json"];
    const first = await home.arqon(["pub", "lab.live.a", '{"celsius":21.5}', ...logged]);
    expect(first.code, first.stderr).toBe(0);
    expect((await home.arqon(["pub", "lab.live.b", "plain words", "--text"])).code).toBe(0);
    const last = await home.arqon(["pub", "lab.live.c", "[1]", "--durability", "synced", "--json"]);
    const { code, lines } = await heard;
    const messages = lines.map((line) => JSON.parse(line) as Shown);
    expect(code).toBe(0);
    expect(messages.map(({ payload }) => payload)).toEqual([{ celsius: 21.5 }, "plain words", [1]]);
    expect(messages.map(({ form }) => form)).toEqual(["json", "text", "json"]);
    const { firstSequence } = first.json<{ firstSequence: number }>();
    const { lastSequence } = last.json<{ lastSequence: number }>();
    expect([messages[0]?.sequence, messages[2]?.sequence]).toEqual([firstSequence, lastSequence]);

    const kept = (await home.arqon(["history", "lab.live.>", "--since", "1h", "--json"])).json<Shown[]>();
    expect(kept).toEqual([messages[0], messages[2]]);
    const range = ["--from", String(lastSequence), "--to", String(lastSequence), "--json"];
    expect((await home.arqon(["history", ...range])).json<Shown[]>()).toEqual([messages[2]]);
    const page = await home.arqon(["history", "lab.live.>", "--limit", "1"]);
    expect(page.stdout).toContain('lab.live.a  owner  {"celsius":21.5}');
    expect(page.stderr).toContain(`more follow: --from ${lastSequence}`);
    const future = await home.arqon(["history", "--until", "2020-01-01T00:00:00Z", "--json"]);
    expect(future.json()).toEqual([]);

    const again = home.start(["sub", "lab.live.>", "--from-sequence", "1", "--count", "2", "--json"]);
    expect((await ended(again)).lines.map((line) => JSON.parse(line))).toEqual(kept);
  });

  test("one command publishes many; standard input is a payload", async () => {
    const many = await home.arqon([
      "pub",
      "lab.many.x",
      "7",
      "--count",
      "600",
      "--durability",
      "logged",
      "--json",
    ]);
    const { published, firstSequence, lastSequence } = many.json<Record<string, number>>();
    expect(published).toBe(600);
    // The server's own services may say something in between.
    expect(Number(lastSequence) - Number(firstSequence)).toBeGreaterThanOrEqual(599);
    const child = home.start(["pub", "lab.many.y", "-", "--durability", "logged", "--json"]);
    child.stdin.end('{"from":"stdin"}');
    expect((await ended(child)).code).toBe(0);
    const [shown] = (await home.arqon(["history", "lab.many.y", "--json"])).json<Shown[]>();
    expect(shown).toMatchObject({ payload: { from: "stdin" }, durability: "LOGGED" });
  });

  test("under a flood sub keeps what it can, counts what it left out, and ends at once; it tells when the server is gone", async () => {
    const flooded = home.start(["sub", "lab.flood.>", "--json"]);
    await said(flooded, "listening");
    // Nobody reads what it prints until the flood is over.
    const count = 30_000;
    const publisher = await connect({ url: server.url, apiKey: server.apiKey });
    for (let i = 0; i < count; i++) {
      publisher.send("lab.flood.x", json({ i, text: "x".repeat(900) }));
      if (i % 1_000 === 999) await publisher.flush();
    }
    let noted = "";
    flooded.stderr.on("data", (text) => {
      noted += text;
    });
    let lines = 0;
    const closed = once(flooded, "close");
    // What was said last comes last: all before it was printed or left out by then.
    await publisher.publish("lab.flood.last", null, { durability: "logged" });
    await publisher.close();
    await new Promise<void>((over) => {
      createInterface({ input: flooded.stdout }).on("line", (line) => {
        lines++;
        if ((JSON.parse(line) as Shown).topic === "lab.flood.last") over();
      });
    });
    flooded.kill("SIGINT");
    expect((await closed)[0]).toBe(0);
    const leftOut = Number(/note: (\d+) messages were left out/.exec(noted)?.[1] ?? 0);
    expect(lines).toBeGreaterThan(100);
    expect(lines + leftOut).toBe(count + 1);

    using other = newHome();
    const gone = await other.serve();
    const listener = other.start(["sub", "lab.>"]);
    await said(listener, "listening");
    const told = said(listener, "trying again until the server is back");
    await gone.stop();
    await told;
    const ending = once(listener, "close");
    listener.kill("SIGINT");
    expect((await ending)[0]).toBe(0);
  });

  test("top shows connections, traffic and jobs once, or again and again until Ctrl-C", async () => {
    await home.arqon(["pub", "lab.top.x", "1"]);
    const json = (await home.arqon(["top", "--once", "--interval", "50", "--json"])).json<TopAnswer>();
    expect(json.connections).toMatchObject({ client: 1, operator: expect.any(Number) });
    expect(json.sequence["main"]).toBeGreaterThan(0);
    expect(json.traffic.find(({ topicClass }) => topicClass === "other")?.inTotal).toBeGreaterThan(0);
    const text = await home.arqon(["top", "--once", "--interval", "50"]);
    expect(text.stdout).toMatch(/\nother +[0-9.]+ /);
    const live = home.start(["top", "--interval", "50", "--json"]);
    for await (const line of createInterface({ input: live.stdout })) {
      expect((JSON.parse(line) as TopAnswer).jobs).toHaveProperty("succeeded");
      break;
    }
    const closed = once(live, "close");
    live.kill("SIGINT");
    expect(await closed).toEqual([0, null]);
  });

  test("any job goes to whoever serves its topic, and its output comes back", async () => {
    const job = ["submit", "quantum.jobs", BELL, "--schema", "arqonbus.quantum.job.v1"];
    const asked = ["--media-type", "text/x-openqasm;version=2.0", "--params", '{"seed":"0x2a","shots":100}'];
    const done = await home.arqon([...job, ...asked, "--json"]);
    expect(done.code, done.stderr).toBe(0);
    const { output } = done.json<{ output: { counts: Record<string, number> } }>();
    expect(Object.values(output.counts).reduce((sum, count) => sum + count)).toBe(100);
    const detached = await home.arqon([...job, ...asked, "--detach", "--json"]);
    expect(detached.json<{ jobId: string }>().jobId).toMatch(/^[0-9a-f-]{36}$/);
    const wrong = await home.arqon([...job, "--params", "[1]", "--json"]);
    expect(wrong.code).toBe(2);
  });

  test("Ctrl-C ends sub without an error", async () => {
    const listener = home.start(["sub", "lab.quiet.>"]);
    await said(listener, "listening");
    const closed = once(listener, "close");
    listener.kill("SIGINT");
    expect(await closed).toEqual([0, null]);
  });

  test.each<[string, string[], string, number]>([
    ["JSON that is none", ["pub", "lab.x.y", "{"], "JSON_INVALID", 2],
    ["a topic of one token", ["pub", "lab", "1"], "TOPIC_INVALID", 2],
    ["a level there is not", ["pub", "lab.x.y", "1", "--durability", "forever"], "USAGE", 2],
    ["a topic of the system", ["pub", "sys.x.y", "1"], "PERMISSION_DENIED", 3],
    [
      "a refused message to be logged",
      ["pub", "sys.x.y", "1", "--durability", "logged"],
      "PERMISSION_DENIED",
      3,
    ],
    ["a bad filter", ["sub", "lab.>.x"], "TOPIC_INVALID", 2],
    ["an inbox of another", ["sub", "inbox.>"], "PERMISSION_DENIED", 3],
    ["a count of none", ["sub", "lab.>", "--count", "0"], "USAGE", 2],
    ["a time that is none", ["history", "--since", "yesterday"], "USAGE", 2],
    ["a job without a schema", ["submit", "lab.jobs", BELL], "USAGE", 2],
    [
      "a job on a topic that is not one of jobs",
      ["submit", "lab.x.y", BELL, "--schema", "s"],
      "TOPIC_INVALID",
      2,
    ],
  ])("%s is refused with a code and a remedy", async (_what, args, code, exit) => {
    const answer = await home.arqon([...args, "--json"]);
    expect(answer.json<ErrorAnswer>().error).toMatchObject({ code, remedy: expect.stringMatching(/./) });
    expect(answer.code).toBe(exit);
  });
});

test("without a server history is read all the same; the others say what to do", async () => {
  using home = newHome();
  const server = await home.serve();
  await home.arqon(["pub", "lab.kept.x", '"still here"', "--durability", "synced"]);
  await server.stop();
  for (const args of [
    ["pub", "lab.x.y", "1"],
    ["sub", "lab.>"],
    ["top", "--once"],
  ]) {
    const answer = await home.arqon([...args, "--json"]);
    expect(answer.code).toBe(4);
    expect(answer.json<ErrorAnswer>().error).toMatchObject({
      code: "SERVER_UNREACHABLE",
      remedy: expect.stringContaining("arqon serve"),
    });
  }
  const kept = await home.arqon(["history", "lab.kept.>", "--json"]);
  expect(kept.json<Shown[]>()).toEqual([
    expect.objectContaining({ payload: "still here", durability: "SYNCED" }),
  ]);
});
