#!/usr/bin/env node
// Finds the pinned Node 26 beside this package, whatever Node started it, and runs the CLI's TypeScript with it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const pinned = fileURLToPath(new URL("../../../node_modules/.bin/node", import.meta.url));
const major = Number(process.versions.node.split(".")[0]);

if (major >= 26) {
  process.argv.splice(1, 1, main);
  await import(main);
} else if (existsSync(pinned)) {
  const { status, signal } = spawnSync(pinned, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exit(status ?? (signal ? 130 : 1));
} else {
  console.error("arqon: Node 26 is not installed here; run `npm start` once in the repository");
  process.exit(4);
}
