/** The logs over HTTP: who may read them, what a witness says of two servers that tell different histories. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Home, newHome, type Outcome } from "./cli.ts";

const BELL = resolve(import.meta.dirname, "../../examples/bell.qasm");

/** The homes of a log, of its fork, of an older copy, and of a witness. */
let log: Home;
let fork: Home;
let cut: Home;
let witness: Home;

async function good(home: Home, ...args: string[]): Promise<Outcome> {
  const outcome = await home.arqon([...args, "--json"]);
  expect(outcome.code, outcome.stderr).toBe(0);
  return outcome;
}
const run = (home: Home, seed: number): Promise<Outcome> => good(home, "run", BELL, "--seed", String(seed));
const copy = (from: Home, to: Home): void => cpSync(from.path, to.path, { recursive: true });
const codeOf = (outcome: Outcome): string => outcome.json<{ error: { code: string } }>().error.code;

beforeAll(async () => {
  [log, fork, cut, witness] = [newHome(), newHome(), newHome(), newHome()];
  await run(log, 1);
  copy(log, cut);
  await run(log, 2);
  copy(log, fork);
  await run(log, 3);
  await run(fork, 4);
  await good(witness, "keys", "trust", "add", join(log.path, "trust.json"));
});
afterAll(() => {
  for (const home of [log, fork, cut, witness]) home[Symbol.dispose]();
});

describe("the logs over HTTP", () => {
  test("a witness follows a log as it grows, and refuses its fork and its older copy, also after a restart", async () => {
    const follow = async (home: Home): Promise<Outcome> => {
      const server = await home.serve({}, 0, ["--http-port", "0"]);
      try {
        const address = `${server.httpUrl}/ledger/runs`;
        return await witness.arqon(["witness", "follow", address, "--json"], {
          ARQON_API_KEY: server.apiKey,
        });
      } finally {
        await server.stop();
      }
    };
    const known = async () =>
      (await good(witness, "witness", "list")).json<{ size: number }[]>().map(({ size }) => size);
    expect((await follow(cut)).code).toBe(0);
    expect(await known()).toEqual([1]);
    const grown = await follow(log);
    expect(grown.json<{ note: string }>().note).toMatch(/\n3\n.*\/witness [A-Za-z0-9+/]+=*\n$/s);
    expect(await known()).toEqual([3]);
    expect((await follow(log)).code).toBe(0);
    expect(codeOf(await follow(fork))).toBe("LEDGER_FORK");
    await run(fork, 5);
    expect(codeOf(await follow(fork))).toBe("LEDGER_FORK");
    expect(codeOf(await follow(cut))).toBe("LEDGER_ROLLED_BACK");
    expect(await known()).toEqual([3]);
    await run(log, 6);
    expect((await follow(log)).code).toBe(0);
    expect(await known()).toEqual([4]);
  });

  test("a witness that serves is asked by the log itself, and answers with the statuses of the specification", async () => {
    const request = async (home: Home, old: number): Promise<string> =>
      (await good(home, "ledger", "request", "--old", String(old))).json<{ text: string }>().text;
    const serving = witness.start(["witness", "serve", "--port", "0", "--json"]);
    let said = "";
    for await (const line of createInterface({ input: serving.stdout })) {
      said += line;
      if (line === "}") break;
    }
    const { url } = JSON.parse(said) as { url: string };
    const ask = async (body: string): Promise<[number, string | null, string]> => {
      const answer = await fetch(`${url}/add-checkpoint`, { method: "POST", body });
      return [answer.status, answer.headers.get("content-type"), await answer.text()];
    };
    const size = "text/x.tlog.size";
    expect(await ask(await request(log, 0))).toEqual([409, size, "4\n"]);
    const beyond = (await request(log, 4)).replace("old 4\n", "old 9000\n");
    expect((await ask(beyond))[0], "a request that starts beyond its own end").toBe(400);
    const [status, , line] = await ask(await request(log, 4));
    expect([status, line]).toEqual([200, expect.stringMatching(/^— \S+\/witness [A-Za-z0-9+/]+=*\n$/)]);
    expect((await ask(await request(fork, 4)))[0]).toBe(422);
    expect(await ask(await request(cut, 0))).toEqual([409, size, "4\n"]);
    using stranger = newHome();
    await run(stranger, 1);
    expect((await ask(await request(stranger, 0)))[0]).toBe(404);
    expect((await ask("old 0\n\nnothing"))[0]).toBe(400);
    expect((await ask("x".repeat(70_000)))[0]).toBe(413);
    expect((await fetch(`${url}/add-checkpoint`)).status).toBe(405);
    expect((await fetch(`${url}/`)).status).toBe(404);
    serving.kill("SIGINT");
    expect(await new Promise((ended) => serving.once("close", ended))).toBe(0);
  });

  test("reading needs a key with the right, unless the home says that anyone may", async () => {
    const access = join(log.path, "access.json");
    const entries = JSON.parse(readFileSync(access, "utf8")) as object[];
    const ada = { id: "ada", tenant: "lab", capabilities: ["can_publish:quantum.jobs"] };
    const keyHashes = [await sha256("a".repeat(32))];
    writeFileSync(access, JSON.stringify([...entries, { ...ada, keyHashes }]));
    const anyone = {
      id: "public",
      tenant: "public",
      capabilities: ["can_publish:ledger.runs.get"],
      keyHashes: [],
      identities: ["urn:arqon:anyone"],
    };
    const read = async (url: string, key?: string): Promise<number> =>
      (await fetch(url, { headers: key === undefined ? {} : { Authorization: `Bearer ${key}` } })).status;
    for (const isPublic of [false, true]) {
      if (isPublic) writeFileSync(access, JSON.stringify([...entries, anyone]));
      const server = await log.serve({}, 0, ["--http-port", "0"]);
      const [runs, governance] = ["runs", "governance"].map(
        (name) => `${server.httpUrl}/ledger/${name}/checkpoint`,
      ) as [string, string];
      expect([await read(runs, server.apiKey), await read(governance, server.apiKey)]).toEqual([200, 200]);
      if (!isPublic) expect([await read(runs, "a".repeat(32)), await read(runs)]).toEqual([403, 401]);
      else {
        expect([await read(runs), await read(governance)]).toEqual([200, 403]);
        const entriesTile = await fetch(`${server.httpUrl}/ledger/runs/tile/entries/000.p/4`);
        expect(entriesTile.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
        const bundle = Buffer.from(await entriesTile.bytes());
        const first = bundle.subarray(2, 2 + bundle.readUInt16BE(0)).toString("utf8");
        expect(JSON.parse(first)).toMatchObject({ payloadType: "application/vnd.in-toto+json" });
      }
      await server.stop();
    }
  });
});

async function sha256(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(text))).toString("hex");
}
