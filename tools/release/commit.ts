/** The files of one commit, read from git's objects: no time, mode, line ending or leftover of a working tree gets in. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One file of a commit. */
export interface SourceFile {
  /** From the root of the repository, with "/" between names. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

/** A commit and its files, sorted by the bytes of their paths. */
export interface Commit {
  /** Git's ids, in hexadecimal. */
  readonly commit: string;
  readonly tree: string;
  /** Time of the commit in seconds since 1970: the only time a release knows. */
  readonly timeS: number;
  readonly files: readonly SourceFile[];
}

/**
 * Reads a commit.
 * @throws Error for a link or a submodule: a release has regular files only.
 */
export function readCommit(repository: string, revision = "HEAD"): Commit {
  const git = (args: readonly string[], input?: string): Buffer =>
    execFileSync("git", ["-C", repository, ...args], { maxBuffer: 1 << 30, ...(input && { input }) });
  const facts = git([
    "show",
    "--no-patch",
    "--no-show-signature",
    "--format=%H %T %ct",
    `${revision}^{commit}`,
  ]);
  const [commit = "", tree = "", time = ""] = facts.toString().trim().split(" ");
  const entries = git(["ls-tree", "-r", "-z", "--full-tree", commit])
    .toString()
    .split("\0")
    .filter(Boolean)
    .map((line) => {
      const [head = "", path = ""] = line.split("\t");
      const [mode, , id = ""] = head.split(" ");
      if (mode !== "100644" && mode !== "100755")
        throw new Error(`${path} is not a regular file: mode ${mode}`);
      return { path, id, executable: mode === "100755" };
    });
  const blobs = readBlobs(git(["cat-file", "--batch"], `${entries.map(({ id }) => id).join("\n")}\n`));
  const files = entries.map(({ path, executable }, i) => ({
    path,
    executable,
    bytes: blobs[i] as Uint8Array,
  }));
  files.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  return { commit, tree, timeS: Number(time), files };
}

/** Takes apart what `git cat-file --batch` prints: "<id> blob <size>\n", the bytes, "\n". */
function readBlobs(output: Buffer): Uint8Array[] {
  const blobs: Uint8Array[] = [];
  for (let at = 0; at < output.length; ) {
    const line = output.indexOf(10, at);
    const [, kind, size] = output.toString("latin1", at, line).split(" ");
    if (kind !== "blob") throw new Error(`git has no blob ${output.toString("latin1", at, line)}`);
    blobs.push(output.subarray(line + 1, line + 1 + Number(size)));
    at = line + 2 + Number(size);
  }
  return blobs;
}

/** The bytes of one file of a commit. */
export function fileOf({ commit, files }: Commit, path: string): Uint8Array {
  const file = files.find((one) => one.path === path);
  if (!file) throw new Error(`commit ${commit} has no ${path}`);
  return file.bytes;
}

/** Writes the files of a commit, or those below a folder of it, into `target`, with modes that no umask changes. */
export function exportFiles({ files }: Commit, target: string, below = ""): void {
  for (const { path, bytes, executable } of files) {
    if (!path.startsWith(below)) continue;
    const to = join(target, path.slice(below.length));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, bytes, { mode: executable ? 0o755 : 0o644 });
  }
}
