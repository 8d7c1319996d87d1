/** Run by the tests as a process of its own: seals a run with a result of `MiB` mebibytes, and says its artifact id. */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, sha256Hex, systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { openVault } from "../front.ts";
import { testDraft } from "./draft.ts";

const [home = "", mebibytes = "1"] = process.argv.slice(2);
const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy });
const path = join(home, "samples.bin");
mkdirSync(home, { recursive: true });
const file = openSync(path, "w");
const block = Buffer.from(Uint8Array.from({ length: 2 ** 20 }, (_, i) => (i * 2654435761) >>> 13));
for (let i = 0; i < Number(mebibytes); i++) {
  block.writeUInt32LE(i, 0);
  writeSync(file, block);
}
writeSync(file, "the end");
closeSync(file);
const facts = await vault.keep(path);
rmSync(path);
const logicalSha256 = sha256Hex(utf8(canonicalJson(["samples", facts.sha256])));
const large = new Map([["samples.bin", { ...facts, logicalSha256, rows: Number(mebibytes) }]]);
const { artifactId } = await vault.seal({ ...testDraft(), large }, "a large run");
console.log(artifactId);
await vault.close();
