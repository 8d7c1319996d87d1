/** Reads the house as it stands on disk: wings, sources, and the layer table of ARCHITECTURE.md. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "..");

/** Where each wing of the layer table lives. */
export const WINGS: Readonly<Record<string, string>> = {
  core: "core",
  vault: "vault",
  bus: "bus",
  substrates: "substrates",
  sdk: "sdk/typescript",
  lab: "lab",
  apps: "apps",
};

/** Whether this is a clone; an unpacked release is none. */
export const IS_CLONE: boolean = existsSync(resolve(ROOT, ".git"));

/** Where git keeps what it knows: nowhere, in an unpacked release, whose files it then would add. */
function gitEnvironment(): NodeJS.ProcessEnv {
  if (IS_CLONE) return process.env;
  const folder = mkdtempSync(join(tmpdir(), "arqon-git-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  execFileSync("git", ["init", "-q", "--bare", folder]);
  return { ...process.env, GIT_DIR: folder, GIT_WORK_TREE: ROOT };
}
const environment = gitEnvironment();

/** Every file git knows or would add, as paths from the root. */
export function repositoryFiles(...patterns: string[]): string[] {
  const listed = execFileSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns],
    {
      cwd: ROOT,
      encoding: "utf8",
      env: environment,
    },
  );
  return [...new Set(listed.split("\n").filter(Boolean))].sort();
}

/** Hand-written TypeScript of a wing. */
export function sources(wing: string): string[] {
  return repositoryFiles(`${WINGS[wing]}/*.ts`, `${WINGS[wing]}/**/*.ts`).filter(
    (path) => !path.includes("/gen/"),
  );
}

/** Text of a file of the repository. */
export function read(path: string): string {
  return readFileSync(resolve(ROOT, path), "utf8");
}

/** The layer table of ARCHITECTURE.md: what each wing may import, e.g. "core/base" or a whole wing "vault". */
export function layerTable(): Map<string, string[]> {
  const table = new Map<string, string[]>();
  for (const line of read("ARCHITECTURE.md").split("\n")) {
    const row = /^\| `([a-z]+)` \| (.+) \|$/.exec(line);
    if (row?.[1] && row[2] && row[1] in WINGS)
      table.set(
        row[1],
        row[2].split(",").map((cell) => cell.replaceAll("`", "").trim()),
      );
  }
  return table;
}
