// Runs on any Node >= 18 before every script: installs once what the lockfiles name, then insists on the pinned Node.
import { execFileSync } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";

const newer = (source, mark) => !existsSync(mark) || statSync(mark).mtimeMs < statSync(source).mtimeMs;
const run = (command, args) => execFileSync(command, args, { stdio: "inherit" });

if (newer("package-lock.json", "node_modules/.package-lock.json")) {
  console.error("arqon: installing Node 26 and packages (once) ...");
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
}
const version = execFileSync("node_modules/.bin/node", ["--version"], { encoding: "utf8" }).trim();
if (!version.startsWith("v26.")) {
  console.error(`arqon: need Node 26 in node_modules, found ${version}; delete node_modules and run again`);
  process.exit(1);
}

if (process.argv.includes("--python")) {
  const mark = ".venv/.arqon-installed";
  if (newer("sdk/python/requirements.lock", mark)) {
    console.error("arqon: setting up the Python environment (once) ...");
    run("python3", ["-m", "venv", ".venv"]);
    run(".venv/bin/python", [
      "-m",
      "pip",
      "install",
      "-q",
      "--require-hashes",
      "-r",
      "sdk/python/requirements.lock",
    ]);
    run(".venv/bin/python", [
      "-m",
      "pip",
      "install",
      "-q",
      "--no-deps",
      "--no-build-isolation",
      "-e",
      "sdk/python",
    ]);
    writeFileSync(mark, "");
  }
}
