/** What a program's working copy was: commit, tree, and what is not committed. Node only; git has to be installed. */
import { ArqonError } from "@arqon/core/base";

/** The state of a git working copy. It names no path outside of it, no host and no person. */
export type SourceState = {
  /** Of HEAD. */
  readonly commit: string;
  /** Of HEAD's tree, as Software Heritage names it: "swh:1:dir:" and 40 hexadecimal digits. */
  readonly tree: string;
  /** What `git diff HEAD` says; empty where everything is committed. Files git does not track are not in it. */
  readonly diff: string;
};

/** A diff has to fit into a job. */
const MOST_BYTES = 262_144;

/**
 * The working copy that a folder is in. A server refuses to seal what looks like a secret in it.
 * @throws ArqonError `USAGE` where there is no git, no repository, or no commit; `LIMIT_EXCEEDED` for a diff over 256 KiB.
 */
export async function captureSource(folder: string): Promise<SourceState> {
  const execFile = childProcess().execFile;
  const git = (...args: string[]): Promise<string> =>
    new Promise((done, fail) =>
      execFile("git", args, { cwd: folder, maxBuffer: 64 * MOST_BYTES }, (cause, stdout) =>
        cause ? fail(noSource(folder, cause)) : done(stdout),
      ),
    );
  const commit = (await git("rev-parse", "HEAD")).trim();
  const tree = (await git("rev-parse", "HEAD^{tree}")).trim();
  const diff = await git("diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv");
  const bytes = new TextEncoder().encode(diff).length;
  if (bytes > MOST_BYTES)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `the uncommitted changes have ${bytes} bytes; the limit is ${MOST_BYTES}`,
      {
        remedy: "Commit what is large, then run again.",
      },
    );
  return { commit, tree: `swh:1:dir:${tree}`, diff };
}

type GetModule = (name: "node:child_process") => typeof import("node:child_process");

function childProcess(): typeof import("node:child_process") {
  const { process } = globalThis as { process?: { getBuiltinModule?: GetModule } };
  if (process?.getBuiltinModule) return process.getBuiltinModule("node:child_process");
  throw new ArqonError("USAGE", "a working copy can be captured on Node only");
}

function noSource(folder: string, cause: Error): ArqonError {
  return new ArqonError("USAGE", `${folder} is in no git repository with a commit`, {
    cause,
    remedy: "Commit the program to git first, or run without its source.",
  });
}
