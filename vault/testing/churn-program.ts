/**
 * Run by the tests as a process of its own: does one kind of work until it is killed, and says what is acknowledged. The
 * kinds: "append" (audit entries), "migrate" (the index's tables down and up, and its records read again), "gc" (garbage
 * made and collected while runs are sealed), "rewrap" (what is encrypted is put under one new wrapping key after another),
 * "annotate" (the newest record gets one tag after another).
 */
import { join } from "node:path";
import { systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { openVault } from "../front.ts";
import { openIndexSchema } from "../index/index.ts";
import { keyValidity } from "../open-keys.ts";
import { testDraft } from "./draft.ts";
import { objectsOf } from "./stored.ts";

const [home = "", kind = "", name = "00"] = process.argv.slice(2);
const open = () =>
  openVault({ home, clock: systemClock, entropy: systemEntropy, encryptAtRest: kind === "rewrap" });

async function seal(vault: Awaited<ReturnType<typeof open>>, i: number): Promise<void> {
  const jobId = `0198c0de-0000-7000-8000-${name}${i.toString(16).padStart(10, "0")}`;
  const { recordId } = await vault.seal(testDraft({ seed: i % 7, jobId }), `${name} ${i}`);
  console.log(`record ${recordId}`);
}

const vault = await open();
const loose = kind === "gc" ? await objectsOf(home) : undefined;
console.log("open");
for (let i = 0; ; i++) {
  if (kind === "append") {
    await Promise.all([0, 1, 2].map((part) => vault.audit({ event: "test", is: `${name} ${i} ${part}` })));
    for (const part of [0, 1, 2]) console.log(`entry ${name} ${i} ${part}`);
  } else if (kind === "rewrap") {
    await seal(vault, i);
    await vault.keys.rotate("at-rest", keyValidity(systemClock));
    const { renewedObjects } = await vault.encryptObjects();
    console.log(`renewed ${renewedObjects}`);
  } else if (kind === "annotate") {
    if (i % 4 === 0) await seal(vault, i);
    const [{ recordId = "" } = {}] = await vault.list(1);
    await vault.annotate(recordId, { by: "test", tags: [`${name} ${i}`] });
    console.log(`tag ${recordId} ${name} ${i}`);
  } else if (kind === "gc") {
    if (i % 3 === 0) await seal(vault, i);
    await loose?.put([utf8(`garbage ${name} ${i}`), utf8(`more ${name} ${i}`)]);
    const { young } = await vault.collect({ graceMs: i % 2 === 0 ? 0 : 3_600_000, delete: true });
    console.log(`collected ${young}`);
  } else {
    if (i % 3 === 0) await seal(vault, i);
    const place = { path: join(home, "index.sqlite") };
    const schema = await openIndexSchema({ place, clock: systemClock });
    await schema.migrate(i % 2 === 0 ? "none" : "0001_records");
    await schema.migrate();
    await schema.index.close();
    await vault.reindex();
    console.log("migrated");
  }
}
