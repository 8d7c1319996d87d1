/** Appends to a log as fast as it goes and says what was acknowledged, until somebody kills it. */
import fs from "node:fs";
import { nodeDisk, openSegmentEngine, wrappingKeys } from "@arqon/bus/engine";
import { createRandom, fromHex, systemEntropy, systemTimer } from "@arqon/core/base";
import { chaosRecord } from "./chaos-record.ts";

const [root = "", seed = "0", secret = ""] = process.argv.slice(2);
const random = createRandom(BigInt(seed));
const engine = await openSegmentEngine({
  disk: nodeDisk(root),
  timer: systemTimer({ hold: true }),
  entropy: systemEntropy,
  segmentBytes: 256 * 1024,
  fileKeys: secret === "" ? undefined : wrappingKeys(fromHex(secret), systemEntropy),
});
const log = await engine.openLog("lab");
let sequence = log.lastSequence;

/** One line each, written at once: what the parent reads is what was acknowledged before the kill. */
function say(line: string): void {
  fs.writeSync(1, `${line}\n`);
}

async function appendForEver(): Promise<void> {
  for (;;) {
    const batch = Array.from({ length: 1 + random.nextInt(8) }, () => {
      sequence += 1 + random.nextInt(2);
      return chaosRecord(sequence);
    });
    await log.append(batch, random.nextInt(2) === 0 ? "logged" : "synced");
    say(batch.map((record) => record.sequence).join(" "));
  }
}

async function countForEver(): Promise<void> {
  for (;;) {
    const entry = await engine.keys.get("count");
    say(`count ${await engine.keys.compareAndSet("count", entry?.revision ?? 0, new Uint8Array(300))}`);
  }
}

say("ready");
await Promise.all([appendForEver(), appendForEver(), appendForEver(), appendForEver(), countForEver()]);
