/** Nothing that anybody said, submitted or got back lies on the disk of a home that encrypts. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "@arqon/core/base";
import { connect, operator } from "@arqon/sdk";
import { expect, test } from "vitest";
import { type Home, newHome } from "./cli.ts";

/** In every name, topic, text, program, parameter and result of this test, and nowhere else. */
const WORD = "Wombatorchid";
const PROGRAM = `OPENQASM 2.0; // ${WORD}
include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;`;
const ROTATION = `OPENQASM 3.0; // ${WORD}
include "stdgates.inc"; input float[64] theta; qubit[1] q; ry(theta) q[0];`;
/** What else tells what was done. */
const TELLTALES = ["OPENQASM", "sim-statevector", "arqonbus.quantum.job", '"00":', "execution.json"];

/** How a text may be written in bytes; of base64 the part that does not depend on what is before and after. */
function spellings(text: string): Buffer[] {
  const plain = Buffer.from(text);
  const base64 = [0, 1, 2].flatMap((shift) =>
    (["base64", "base64url"] as const).map((how) =>
      Buffer.concat([Buffer.alloc(shift), plain])
        .toString(how)
        .slice(shift === 0 ? 0 : 4, -4),
    ),
  );
  const hex = plain.toString("hex");
  // A few letters alone turn up by chance.
  const long = base64.filter(({ length }) => length >= 8);
  return [
    plain,
    Buffer.from(text, "utf16le"),
    ...[hex, hex.toUpperCase(), ...long].map((spelled) => Buffer.from(spelled)),
  ];
}

/** Every file that shows the word or what was done, and how. */
function leaksOf(home: Home): string[] {
  const wanted = [WORD, WORD.toLowerCase(), ...TELLTALES].flatMap((text) =>
    spellings(text).map((bytes) => ({ text, bytes })),
  );
  return readdirSync(home.path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const bytes = readFileSync(path);
      return wanted.filter((each) => bytes.includes(each.bytes)).map(({ text }) => `${path}: ${text}`);
    });
}

async function good(home: Home, ...args: string[]): Promise<string> {
  const outcome = await home.arqon([...args, "--json"]);
  expect(outcome.code, `${args.join(" ")}: ${outcome.stderr}`).toBe(0);
  return outcome.stdout;
}

/** Runs jobs of our own and of others, says things in every form there is, and is refused one. */
async function live(home: Home): Promise<void> {
  const server = await home.serve();
  const { url, apiKey } = server;
  await using worker = await operator({
    url,
    apiKey,
    topic: `${WORD}.echo.jobs`,
    handle: async (job) => ({ heard: job.parameters }),
  });
  expect(worker).toBeDefined();
  await using client = await connect({ url, apiKey });
  const synced = { durability: "synced" } as const;
  await client.publish(`${WORD}.room.event`, { said: WORD }, synced);
  await client.publish(`${WORD}.room.event`, WORD, synced);
  await client.publish(`${WORD}.room.event`, utf8(WORD.repeat(30_000)), synced);
  await client.publish(`${WORD}.features`, { [WORD]: [1, 2, 3] }, synced);
  const stream = await client.openStream(`${WORD}.streams`, { parameters: { name: WORD } });
  await stream.write(utf8(WORD));
  await stream.end();
  const job = await client.submit(`${WORD}.echo.jobs`, {
    schema: "arqonbus.echo.job.v1",
    program: WORD,
    parameters: { said: WORD },
  });
  await job.finished({ timeoutMs: 60_000 });
  // The governance ledger says what was refused.
  await expect(client.publish(`sys.${WORD}.event`, WORD, synced)).rejects.toThrow();
  for (const [name, text] of [
    [`${WORD}.qasm`, PROGRAM],
    [`${WORD}-turn.qasm`, ROTATION],
  ] as const)
    writeFileSync(home.file(name), text);
  await good(home, "run", home.file(`${WORD}.qasm`));
  await good(
    home,
    "gradient",
    home.file(`${WORD}-turn.qasm`),
    "--observable",
    "Z",
    "--parameters",
    "theta=0.3",
  );
  // The write-ahead logs of databases are there, and the log has no clean end.
  await server.kill();
}

test("a home that encrypts shows nothing of jobs, messages, features, streams and gradients, also after kill -9", async () => {
  using plain = newHome();
  await live(plain);
  const shown = leaksOf(plain).join("\n");
  for (const place of ["/log/main/", "/objects/", "/index.sqlite", "/governance.sqlite"])
    expect(shown).toContain(place);

  using home = newHome();
  await good(home, "keys", "encrypt");
  await live(home);
  expect(leaksOf(home)).toEqual([]);
  await readable(home);
  // Whatever a home holds, the specification says what protects it.
  const listed = readFileSync(join(import.meta.dirname, "../../docs/spec/stores.md"), "utf8");
  for (const name of readdirSync(home.path)) expect(listed).toContain(`\`${name.replace(/-(wal|shm)$/, "")}`);
  const [{ keyId: newest }] = JSON.parse(await good(home, "keys", "rotate", "--label", "at-rest"));
  await live(home);
  expect(leaksOf(home)).toEqual([]);
  await readable(home);
  // Under the newest key alone: the one before can be destroyed.
  const server = await home.serve();
  expect(JSON.parse(await good(home, "keys", "rewrap"))).toMatchObject({ unused: [], damagedObjects: 0 });
  const old = JSON.parse(await good(home, "keys", "list")).find(
    ({ state }: { state: string }) => state === "retired",
  );
  const refused = await home.arqon(["keys", "disable", old.keyId, "--json"]);
  expect(refused.json<{ error: { code: string } }>().error.code).toBe("KEY_REFUSED");
  await server.stop();
  const { unused, renewedSegments } = JSON.parse(await good(home, "keys", "rewrap"));
  expect(renewedSegments).toBeGreaterThan(0);
  expect(unused).toEqual([expect.not.stringContaining(newest)]);
  await good(home, "keys", "disable", unused[0]);
  expect(JSON.parse(await good(home, "keys", "rewrap"))).toMatchObject({
    renewedObjects: 0,
    renewedSegments: 0,
    unused: [],
  });
  expect(leaksOf(home)).toEqual([]);
  await readable(home);
});

test("a home that begins to encrypt later has no plain text left, and everything can still be read", async () => {
  using home = newHome();
  await live(home);
  expect(leaksOf(home)).not.toEqual([]);
  const { objects, logSegments } = JSON.parse(await good(home, "keys", "encrypt"));
  expect(objects).toBeGreaterThan(2);
  expect(logSegments).toBeGreaterThan(0);
  expect(leaksOf(home)).toEqual([]);
  await readable(home);
  expect(JSON.parse(await good(home, "keys", "encrypt"))).toMatchObject({ logSegments: 0 });
  await live(home);
  expect(leaksOf(home)).toEqual([]);
});

/** History, artifacts and checks are as in any home. */
async function readable(home: Home): Promise<void> {
  const server = await home.serve();
  {
    await using client = await connect({ url: server.url, apiKey: server.apiKey });
    const heard: string[] = [];
    for await (const { topic, envelope } of client.history({ filter: ">" }))
      heard.push(`${topic} ${Buffer.from(envelope.payload?.value ?? []).toString("latin1")}`);
    expect(heard.some((line) => line.startsWith(`${WORD}.features`) && line.includes(WORD))).toBe(true);
    expect(heard.length).toBeGreaterThan(10);
  }
  const [{ artifactId = "", title } = {}] = JSON.parse(await good(home, "runs"));
  expect(title).toContain(WORD);
  await good(home, "verify", artifactId);
  await good(home, "replay", artifactId);
  await good(home, "doctor");
  expect(await server.stop()).toBe(0);
}
