/**
 * Builds a release from a commit: the product as a tar archive, the Python wheel, the bill of materials, their digests and their
 * provenance. The same commit gives the same bytes in any folder, at any date, time zone and umask.
 *
 * Run: npm run build:release -- [--revision REV] [--repository DIR] [--out DIR] [--key PEM ...]
 * Each key signs the provenance; the first one that is ECDSA also signs every file, for `cosign verify-blob`.
 */
import { createHash, createPrivateKey, type KeyObject } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Commit, readCommit } from "./release/commit.ts";
import { staleFiles } from "./release/generated.ts";
import { buildProvenance, signBytes, signStatement } from "./release/provenance.ts";
import { billOfMaterials } from "./release/sbom.ts";
import { writeTar } from "./release/tar.ts";
import { versionOf } from "./release/version.ts";
import { buildWheel, wheelTools } from "./release/wheel.ts";

const ROOT = resolve(import.meta.dirname, "..");
const PYTHON = join(ROOT, ".venv/bin/python");
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The files whose bytes depend on the commit alone, by name, sorted. */
function buildFiles(commit: Commit, version: string): Map<string, Uint8Array> {
  const base = `arqon-${version}`;
  const tar = writeTar(base, commit.files, commit.timeS);
  const wheel = buildWheel(commit, PYTHON);
  const sbom = Buffer.from(billOfMaterials(commit, "arqon", version, sha256(tar)));
  return new Map([
    [wheel.path, wheel.bytes],
    [`${base}.cdx.json`, sbom],
    [`${base}.tar`, tar],
  ]);
}

/** What the forge says about itself; on any other machine nothing is claimed. */
function builderOf(environment: NodeJS.ProcessEnv): { id: string; repository?: string; invocation?: string } {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = environment;
  const { GITHUB_WORKFLOW_REF: workflow, GITHUB_RUN_ID: run } = environment;
  if (!server || !repository || !workflow || !run) return { id: "urn:arqon:builder:unattested" };
  return {
    id: `${server}/${workflow}`,
    repository: `git+${server}/${repository}`,
    invocation: `${server}/${repository}/actions/runs/${run}`,
  };
}

function sign(files: Map<string, Uint8Array>, statement: Uint8Array, base: string, keys: KeyObject[]): void {
  const plain = [...files];
  if (keys.length === 0) return;
  files.set(`${base}.intoto.json`, Buffer.from(signStatement(statement, keys)));
  const key = keys.find(({ asymmetricKeyType }) => asymmetricKeyType === "ec");
  if (!key) return;
  for (const [name, bytes] of plain) files.set(`${name}.sig`, Buffer.from(signBytes(key, bytes)));
}

const { values } = parseArgs({
  options: {
    revision: { type: "string", default: "HEAD" },
    repository: { type: "string", default: ROOT },
    out: { type: "string", default: join(ROOT, "dist/release") },
    key: { type: "string", multiple: true, default: [] },
  },
});
const keys = values.key.map((path) => createPrivateKey(readFileSync(path)));
const commit = readCommit(values.repository, values.revision);
const version = versionOf(commit);
const base = `arqon-${version}`;

const stale = staleFiles(commit, join(ROOT, "node_modules"));
if (stale.length > 0) throw new Error(`not what their sources give: ${stale.join(", ")}; run npm run gen`);

const files = buildFiles(commit, version);
const sums = [...files].map(([name, bytes]) => `${sha256(bytes)}  ${name}\n`).join("");
files.set("SHA256SUMS", Buffer.from(sums));
const tools = { node: process.versions.node, ...wheelTools(PYTHON) };
const statement = buildProvenance(commit, version, files, { ...builderOf(process.env), tools });
sign(files, statement, base, keys);
files.set(`${base}.provenance.json`, statement);

rmSync(values.out, { recursive: true, force: true });
mkdirSync(values.out, { recursive: true });
for (const [name, bytes] of files) writeFileSync(join(values.out, name), bytes, { mode: 0o644 });
process.stdout.write(`${base} from commit ${commit.commit}, in ${values.out}\n${sums}`);
