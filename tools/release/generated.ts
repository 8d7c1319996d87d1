/** Makes what is generated once more, from the commit alone: a release carries nothing that its sources do not say. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Commit, exportFiles } from "./commit.ts";

/**
 * Paths of files that the commit's own generators (WebAssembly kernels, protobuf messages) would write differently.
 * @param packages  the `node_modules` with the compilers.
 */
export function staleFiles(commit: Commit, packages: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  const run = (...args: string[]): void => {
    execFileSync(process.execPath, args, {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, PATH: `${join(packages, ".bin")}:${process.env["PATH"]}` },
    });
  };
  try {
    exportFiles(commit, folder);
    symlinkSync(resolve(packages), join(folder, "node_modules"));
    run("tools/build-kernels.ts");
    run(join(packages, "@bufbuild/buf/bin/buf"), "generate");
    return commit.files
      .filter(({ path, bytes }) => !readFileSync(join(folder, path)).equals(bytes))
      .map(({ path }) => path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
