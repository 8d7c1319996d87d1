import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type LogRecord, nodeDisk, openSegmentEngine, wrappingKeys } from "@arqon/bus/engine";
import { createRandom, equalBytes, fromHex, systemEntropy, systemTimer } from "@arqon/core/base";
import { expect, it } from "vitest";
import { chaosRecord } from "./chaos-record.ts";

const KILLS = Number(process.env["ARQON_KILLS"] ?? 20);
const KILLS_A_DIRECTORY = 10;
const WRITER = fileURLToPath(new URL("segment-writer.ts", import.meta.url));

interface Acknowledged {
  readonly sequences: number[];
  count: number;
}

/** What wraps the keys of files, in hexadecimal digits; none: they are plain. */
const SECRETS = { plain: "", encrypted: "5a".repeat(32) };

/** Lets the writer run and kills it some time after its first word. */
async function writeAndKill(
  root: string,
  secret: string,
  seed: number,
  afterMs: number,
): Promise<Acknowledged> {
  const child = spawn(process.execPath, ["--no-warnings", WRITER, root, String(seed), secret], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  const ended = new Promise((resolve) => child.on("close", (_, signal) => resolve(signal)));
  const ready = new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk) => {
      text += chunk;
      resolve();
    });
  });
  await Promise.race([ready, ended]);
  await sleep(afterMs);
  child.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
  const acknowledged: Acknowledged = { sequences: [], count: 0 };
  for (const line of text.split("\n").slice(1, -1)) {
    if (line.startsWith("count ")) acknowledged.count = Number(line.slice(6));
    else acknowledged.sequences.push(...line.split(" ").map(Number));
  }
  return acknowledged;
}

async function survivors(
  root: string,
  secret: string,
): Promise<{ records: LogRecord[]; count: number; cutBytes: number }> {
  const engine = await openSegmentEngine({
    disk: nodeDisk(root),
    timer: systemTimer(),
    entropy: systemEntropy,
    fileKeys: secret === "" ? undefined : wrappingKeys(fromHex(secret), systemEntropy),
  });
  try {
    const log = await engine.openLog("lab");
    const records: LogRecord[] = [];
    for (let from = 1; from <= log.lastSequence; from = (records.at(-1)?.sequence ?? 0) + 1) {
      const range = { fromSequence: from, toSequence: log.lastSequence, maxRecords: 5000, maxBytes: 4e6 };
      const found = await log.read(range);
      if (found.length === 0) expect.fail(`nothing to read between ${from} and ${log.lastSequence}`);
      records.push(...found);
    }
    const count = (await engine.keys.get("count"))?.revision ?? 0;
    return { records, count, cutBytes: log.recovery.cutBytes };
  } finally {
    await engine.close();
  }
}

it.each(["plain", "encrypted", "encrypted later"] as const)(
  `everything acknowledged is there after each of ${KILLS} kill -9 under load, %s`,
  {
    timeout: 60_000 + KILLS * 10_000,
  },
  async (kind) => {
    const random = createRandom(BigInt(process.env["ARQON_SEED"] ?? 1));
    let acknowledgedInAll = 0;
    let tornTails = 0;
    for (let done = 0; done < KILLS; ) {
      const root = await fs.mkdtemp(path.join(os.tmpdir(), "arqon-kill-"));
      const promised = new Set<number>();
      let count = 0;
      try {
        for (let here = 0; here < KILLS_A_DIRECTORY && done < KILLS; here++, done++) {
          const later = here < 2 ? "plain" : "encrypted";
          const secret = SECRETS[kind === "encrypted later" ? later : kind];
          const acknowledged = await writeAndKill(root, secret, done, random.nextInt(150));
          for (const sequence of acknowledged.sequences) promised.add(sequence);
          acknowledgedInAll += acknowledged.sequences.length;
          count = Math.max(count, acknowledged.count);
          const found = await survivors(root, secret);
          if (found.cutBytes > 0) tornTails++;
          let last = 0;
          for (const { sequence, timestampUnixUs, bytes } of found.records) {
            const due = chaosRecord(sequence);
            if (sequence <= last || timestampUnixUs !== due.timestampUnixUs || !equalBytes(bytes, due.bytes))
              expect.fail(`record ${sequence} after ${last} is not what was appended (kill ${done})`);
            last = sequence;
            promised.delete(last);
          }
          expect([...promised], `lost after kill ${done}`).toEqual([]);
          for (const { sequence } of found.records) promised.add(sequence);
          expect(found.count).toBeGreaterThanOrEqual(count);
        }
      } finally {
        await fs.rm(root, { recursive: true });
      }
    }
    expect(acknowledgedInAll).toBeGreaterThan(KILLS);
    console.log(
      `${KILLS} kills, ${kind}: ${acknowledgedInAll} records acknowledged, none lost; ${tornTails} torn tails cut`,
    );
  },
);
