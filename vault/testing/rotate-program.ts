/** Run by the tests as a process of its own: rotates and seals until it is killed, and says what it did. */
import { systemClock, systemEntropy } from "@arqon/core/base";
import { openVault } from "../front.ts";
import { keyValidity } from "../open-keys.ts";
import { testDraft } from "./draft.ts";

const [home = "", name = "0"] = process.argv.slice(2);
const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy });
console.log("open");
for (let i = 0; ; i++) {
  for (const { keyId } of await vault.keys.rotate("vault", keyValidity(systemClock)))
    console.log(`key ${keyId}`);
  const tail = `${name.padStart(2, "0")}${i.toString(16).padStart(10, "0")}`;
  const draft = testDraft({ seed: i, jobId: `0198c0de-0000-7000-8000-${tail}` });
  const createdAt = new Date(systemClock.nowUs() / 1000).toISOString();
  const { recordId } = await vault.seal({ ...draft, manifest: { ...draft.manifest, createdAt } }, tail);
  console.log(`record ${recordId}`);
}
