#!/usr/bin/env node
// Finds the pinned Node 26 beside this package, whatever Node started it, and runs the CLI's TypeScript with it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const main = here("../main.ts");
const pinned = here("../../../node_modules/.bin/node");

// Compiled sources are kept beside the packages, so that the second start takes a third of the first. Threads read the variable.
process.env.NODE_COMPILE_CACHE ??= here("../../../node_modules/.cache/arqon");

if (Number(process.versions.node.split(".")[0]) >= 26) {
  const { enableCompileCache } = await import("node:module");
  enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(main);
} else if (existsSync(pinned)) {
  const child = spawn(pinned, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`arqon: cannot start ${pinned}: ${error.message}`);
    process.exit(4);
  });
  child.on("exit", (status, signal) => process.exit(status ?? (signal ? 130 : 1)));
} else {
  console.error("arqon: Node 26 is not installed here; run `npm start` once in the repository");
  process.exit(4);
}
