/** Run by the tests as a process of its own: seals with isolated keys, writes its heap to a file, and waits to be killed. */
import { writeHeapSnapshot } from "node:v8";
import { systemClock, systemEntropy } from "@arqon/core/base";
import { openVault } from "../front.ts";
import { testDraft } from "./draft.ts";

const [home = "", snapshot = ""] = process.argv.slice(2);
const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy, keys: "isolated" });
await vault.seal(testDraft(), "x");
writeHeapSnapshot(snapshot);
console.log(process.pid);
setInterval(() => {}, 1000);
