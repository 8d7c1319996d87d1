/** `arqon keys encrypt`, killed again and again while it turns a home of before. */
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeDisk, openSegmentEngine } from "@arqon/bus/engine";
import { createRandom, systemEntropy, systemTimer, utf8 } from "@arqon/core/base";
import { connect } from "@arqon/sdk";
import { expect, test } from "vitest";
import { type Home, newHome } from "../e2e/cli.ts";

/** How often it is killed; raise it with ARQON_KILLS. */
const KILLS = Number(process.env["ARQON_KILLS"] ?? "3");
const WORD = "wombatorchid";

/** Files that show the word. */
function plainFiles(home: Home): string[] {
  return readdirSync(home.path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(WORD));
}

/** Segments of the old log that are plain, by the version in their headers. */
function plainSegments(home: Home): number {
  const directory = join(home.path, "log/old");
  const head = Buffer.alloc(16);
  const names = readdirSync(directory).filter((name) => name.endsWith(".seg"));
  return names.filter((name) => {
    const handle = openSync(join(directory, name), "r");
    readSync(handle, head, 0, head.length, 0);
    closeSync(handle);
    return head.readUInt32LE(12) === 2;
  }).length;
}

/** A log of many segments, from another time. */
async function writeLog(home: Home, records: number): Promise<void> {
  const timer = systemTimer();
  const engine = await openSegmentEngine({
    disk: nodeDisk(home.path),
    timer,
    entropy: systemEntropy,
    segmentBytes: 64 * 1024,
  });
  const log = await engine.openLog("old");
  for (let sequence = 1; sequence <= records; sequence++)
    await log.append(
      [
        {
          sequence,
          timestampUnixUs: sequence,
          bytes: utf8(`${sequence} ${WORD} ${randomBytes(4_000).toString("hex")}`),
        },
      ],
      "logged",
    );
  await engine.close();
}

test(`a home of before is whole after each of ${KILLS} kill -9 of the command that encrypts it`, {
  timeout: 180_000 + KILLS * 60_000,
}, async () => {
  using home = newHome();
  await writeLog(home, 2_000);
  const server = await home.serve();
  {
    await using client = await connect({ url: server.url, apiKey: server.apiKey });
    await client.publish(`${WORD}.room.event`, { said: WORD }, { durability: "synced" });
  }
  await server.stop();
  const random = createRandom(BigInt(KILLS));
  const half: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const child = home.start(["keys", "encrypt"]);
    // On one busy processor, too, this test is awake before the work is done.
    setPriority(child.pid as number, 5);
    const ended = new Promise((resolve) => child.once("close", resolve));
    // Most of a start is loading the program: it is killed once it is at work.
    const before = plainSegments(home);
    while (child.exitCode === null && plainSegments(home) === before) await sleep(2);
    await sleep(random.nextInt(20));
    child.kill("SIGKILL");
    await ended;
    half.push(plainSegments(home));
  }
  // It was at work, and was not done.
  expect(half[0]).toBeGreaterThan(0);
  const done = await home.arqon(["keys", "encrypt", "--json"]);
  expect(done.code, done.stderr).toBe(0);
  expect(plainFiles(home)).toEqual([]);
  const again = await home.serve();
  {
    await using client = await connect({ url: again.url, apiKey: again.apiKey });
    const topics: string[] = [];
    for await (const { topic } of client.history({ filter: `${WORD}.>` })) topics.push(topic);
    expect(topics).toEqual([`${WORD}.room.event`]);
  }
  expect(JSON.parse((await home.arqon(["doctor", "--json"])).stdout)).toMatchObject({ ok: true });
  await again.stop();
  console.log(`${KILLS} kills: segments in plain text after each: ${half.join(", ")}`);
});
