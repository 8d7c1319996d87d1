import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { fromUtf8 } from "../base/index.ts";
import type { BundleFiles } from "./index.ts";
import { renderSums, SUMS_PATH } from "./sums.ts";
import { sealedFixture } from "./testing/sealed.ts";

const has = (tool: string): boolean => spawnSync(tool, ["--version"]).status === 0;
const opensslVersion = /^OpenSSL (\d+)\.(\d+)/.exec(
  spawnSync("openssl", ["version"], { encoding: "utf8" }).stdout ?? "",
);
const major = Number(opensslVersion?.[1] ?? 0);
const hasMlDsa = major > 3 || (major === 3 && Number(opensslVersion?.[2]) >= 5);

/** The commands of a bundle's own VERIFY.md, as a reader would paste them. */
function blocks(files: BundleFiles): string[] {
  const text = fromUtf8(files.get("VERIFY.md") as Uint8Array);
  return [...text.matchAll(/```bash\n([\s\S]*?)```/g)].map((match) => match[1] as string);
}

function run(
  files: BundleFiles,
  script: string,
): { readonly output: string; readonly status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), "bundle-"));
  try {
    for (const [path, bytes] of files) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    const { stdout, status } = spawnSync("bash", ["-c", `exec 2>&1\n${script}`], {
      cwd: folder,
      encoding: "utf8",
      timeout: 300_000,
    });
    return { output: stdout, status };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same with its checksums made anew, as who alters a bundle would. */
function withSums(files: BundleFiles): BundleFiles {
  const others = new Map(files);
  others.delete(SUMS_PATH);
  return others.set(SUMS_PATH, renderSums(others));
}

describe.skipIf(!has("bash") || !has("sha256sum") || major < 3)("VERIFY.md's commands", () => {
  test("sha256sum checks every file and finds a changed one", async () => {
    const files = await sealedFixture();
    const [check = ""] = blocks(files);
    const good = run(files, check);
    expect(good.status, good.output).toBe(0);
    expect(good.output.match(/: OK$/gm)?.length).toBe(files.size - 1);
    expect(good.output).toContain("no file added");
    const added = run(new Map(files).set("extra", new Uint8Array()), check);
    expect(added.output).not.toContain("no file added");
    const changed = run(new Map(files).set("results/counts.json", new Uint8Array(3)), check);
    expect(changed.output).toContain("results/counts.json: FAILED");
  });

  test("openssl checks the signatures over the rebuilt encoding", async () => {
    const files = await sealedFixture();
    const { output } = run(files, blocks(files).slice(0, 2).join("\n"));
    const successes = output.match(/Signature Verified Successfully/g)?.length;
    expect(successes, output).toBe(hasMlDsa ? 2 : 1);
    expect(output).toContain("ed25519, key sha256:");
  });

  test("the signatures cover all but what carries its own proof, path by path", async () => {
    const files = await sealedFixture();
    const check = blocks(files).slice(0, 3).join("\n");
    const intact = "all is here as it was signed";
    const { output } = run(files, check);
    expect(output.trimEnd().endsWith(intact), output).toBe(true);
    const swapped = new Map(files)
      .set("recipe/parameters.json", files.get("record/execution.json") as Uint8Array)
      .set("record/execution.json", files.get("recipe/parameters.json") as Uint8Array);
    const forged: BundleFiles[] = [swapped];
    for (const path of ["results/counts.json", "CITATION.cff", "artifact.json", "recipe/parameters.json"]) {
      const without = new Map(files);
      expect(without.delete(path), path).toBe(true);
      forged.push(without);
    }
    const key = files.get("attestations/keys/ed25519.pub.pem") as Uint8Array;
    forged.push(new Map(files).set("results/extra.pem", key));
    for (const altered of forged) {
      const result = run(withSums(altered), check);
      expect(result.output).toContain("no file added");
      expect(result.output).not.toContain(intact);
    }
  });

  test("the shell follows the inclusion proof, and openssl checks the checkpoint", async () => {
    const files = await sealedFixture();
    const all = blocks(files).slice(1).join("\n");
    const good = run(files, all);
    expect(good.output).toContain("in the ledger");
    const successes = good.output.match(/Signature Verified Successfully/g)?.length;
    expect(successes, good.output).toBe(hasMlDsa ? 4 : 2);
    const proof = fromUtf8(files.get("ledger/inclusion.tlog-proof") as Uint8Array);
    const other = new TextEncoder().encode(proof.replace("index 2", "index 3"));
    expect(run(new Map(files).set("ledger/inclusion.tlog-proof", other), all).output).not.toContain(
      "in the ledger",
    );
  });
});
