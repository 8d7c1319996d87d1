/** The Python SDK's wheel, built by setuptools from the files of a commit. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Commit, exportFiles, fileOf, type SourceFile } from "./commit.ts";

/** Stored, not compressed, for the reason that tar.ts gives. */
const BUILD =
  "import setuptools.build_meta as backend, sys; backend.build_wheel(sys.argv[1], {'--build-option': '--compression=stored'})";

/**
 * The wheel: its times are the commit's, its modes 0644.
 * @param python  an interpreter that has the setuptools of `sdk/python/requirements.lock`.
 */
export function buildWheel(commit: Commit, python: string): SourceFile {
  const folder = mkdtempSync(join(tmpdir(), "wheel-"));
  const before = process.umask(0o022);
  try {
    const [source, target] = [join(folder, "source"), join(folder, "wheel")];
    exportFiles(commit, source, "sdk/python/");
    writeFileSync(join(source, "LICENSE"), fileOf(commit, "LICENSE"));
    mkdirSync(target);
    execFileSync(python, ["-I", "-c", BUILD, target], {
      cwd: source,
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        LC_ALL: "C.UTF-8",
        TZ: "UTC",
        SOURCE_DATE_EPOCH: String(commit.timeS),
      },
    });
    const [path] = readdirSync(target);
    if (!path?.endsWith(".whl")) throw new Error("setuptools made no wheel");
    return { path, bytes: readFileSync(join(target, path)), executable: false };
  } finally {
    process.umask(before);
    rmSync(folder, { recursive: true });
  }
}

/** "name version" of what builds the wheel. */
export function wheelTools(python: string): Readonly<Record<string, string>> {
  const program =
    "import json, platform, setuptools; print(json.dumps({'python': platform.python_version(), 'setuptools': setuptools.__version__}))";
  return JSON.parse(execFileSync(python, ["-I", "-c", program], { encoding: "utf8" }));
}
