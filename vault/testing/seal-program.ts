/**
 * Run by the tests as a process of its own: seals runs until it is killed, or `count` of them, one to four
 * at a time, and says each record id once it is acknowledged.
 */
import { systemClock, systemEntropy } from "@arqon/core/base";
import { openVault } from "../front.ts";
import { testDraft } from "./draft.ts";

const [home = "", name = "0", count = "1000000"] = process.argv.slice(2);
const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy });
console.log("open");
const sealOne = async (i: number): Promise<void> => {
  const tail = `${name}${i.toString(16).padStart(10, "0")}`;
  const { recordId } = await vault.seal(
    testDraft({ seed: i, jobId: `0198c0de-0000-7000-8000-${tail}` }),
    `${name} ${i}`,
  );
  console.log(recordId);
};
for (let from = 0, together = 1; from < Number(count); from += together, together = 1 + (together % 4)) {
  const size = Math.min(together, Number(count) - from);
  await Promise.all(Array.from({ length: size }, (_, i) => sealOne(from + i)));
}
await vault.close();
