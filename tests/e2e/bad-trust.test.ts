/** Bad input of keys, bundles, logs and stores, from the command line: each refused with its own code, and nothing half-written. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join, resolve } from "node:path";
import { canonicalJsonFile, fromUtf8, type JsonObject, utf8 } from "@arqon/core/base";
import { type BundleFiles, readZip, renderSums, SUMS_PATH, writeZip } from "@arqon/core/bundle";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Home, newHome, type Outcome } from "./cli.ts";

const BELL = resolve(import.meta.dirname, "../../examples/bell.qasm");
const ENVELOPE = "attestations/provenance.dsse.json";
const PROOF = "ledger/inclusion.tlog-proof";
const PASSPHRASE = { ARQON_KEY_PASSPHRASE: "correct horse battery" };

/** Who seals, and who takes in. */
let home: Home;
let other: Home;
let first: BundleFiles;
let second: BundleFiles;
let manifest: JsonObject;
let trust: readonly JsonObject[];
let before: string;

const text = (files: BundleFiles, path: string): string => fromUtf8(files.get(path) as Uint8Array);
const json = (files: BundleFiles, path: string): JsonObject => JSON.parse(text(files, path)) as JsonObject;
const changed = (path: string, bytes: Uint8Array): BundleFiles => new Map(first).set(path, bytes);
const summed = (files: BundleFiles): BundleFiles => new Map(files).set(SUMS_PATH, renderSums(files));
const stripped = (): Uint8Array => {
  const envelope = json(first, ENVELOPE);
  return canonicalJsonFile({ ...envelope, signatures: (envelope["signatures"] as JsonObject[]).slice(0, 1) });
};

async function good(where: Home, args: readonly string[], env = {}): Promise<Outcome> {
  const outcome = await where.arqon([...args, "--json"], env);
  expect(outcome.code, outcome.stderr).toBe(0);
  return outcome;
}

beforeAll(async () => {
  [home, other] = [newHome(), newHome()];
  await good(home, ["run", BELL, "--seed", "1"], PASSPHRASE);
  cpSync(join(home.path, "ledger.sqlite"), home.file("ledger.old"));
  await good(home, ["run", BELL, "--seed", "2"], PASSPHRASE);
  const rows = (await good(home, ["runs"])).json<{ recordId: string }[]>();
  const exported = async (i: number): Promise<BundleFiles> => {
    const file = home.file(`${i}.zip`);
    await good(home, ["export", rows[i]?.recordId ?? "", file]);
    return readZip(readFileSync(file));
  };
  [second, first] = [await exported(0), await exported(1)];
  await good(home, ["manifest", "export", rows[1]?.recordId ?? "", "--out", home.file("m.json")]);
  manifest = JSON.parse(readFileSync(home.file("m.json"), "utf8"));
  trust = JSON.parse(readFileSync(join(home.path, "trust.json"), "utf8"));
  await good(other, ["run", BELL, "--seed", "3"]);
  before = (await good(other, ["runs"])).stdout;
});
afterAll(() => {
  for (const one of [home, other]) one[Symbol.dispose]();
});

/** What every refusal has in common. */
function expectRefusal(outcome: Outcome, code: string): void {
  expect(outcome.code, outcome.stdout + outcome.stderr).toBeGreaterThan(0);
  const answer = outcome.json<{ code?: string; error?: { code: string; remedy: string } }>();
  expect(answer.error?.code ?? answer.code, outcome.stdout).toBe(code);
  expect(answer.error?.remedy ?? "a report says what failed").not.toBe("");
  expect(outcome.stdout + outcome.stderr).not.toMatch(/\n\s+at /);
}

const BUNDLES: readonly (readonly [what: string, code: string, make: () => BundleFiles])[] = [
  ["a changed result", "BUNDLE_TAMPERED", () => changed("results/counts.json", utf8('{"00":1}\n'))],
  ["a stripped post-quantum signature", "SIGNATURE_MISSING", () => changed(ENVELOPE, stripped())],
  ["one that was stripped with care", "SIGNATURE_MISSING", () => summed(changed(ENVELOPE, stripped()))],
  [
    "a proof for another leaf",
    "PROOF_INVALID",
    () => summed(changed(PROOF, second.get(PROOF) as Uint8Array)),
  ],
  ["a tampered view", "VIEW_TAMPERED", () => changed("VERIFY.md", utf8("trust me\n"))],
  [
    "a tampered view, with sums that agree",
    "VIEW_TAMPERED",
    () => summed(changed("CITATION.cff", utf8("cff-version: 1.2.0\n"))),
  ],
  [
    "a key given twice in signed JSON",
    "JSON_AMBIGUOUS",
    () =>
      summed(changed("artifact.json", utf8(text(first, "artifact.json").replace("{", '{"artifact_id":"",')))),
  ],
  [
    "NaN in signed JSON",
    "JSON_AMBIGUOUS",
    () => summed(changed(ENVELOPE, utf8(text(first, ENVELOPE).replace("{", '{"a":NaN,')))),
  ],
];

describe("bad input", () => {
  test.each(BUNDLES)(
    "a bundle with %s is refused with %s, when it is verified and when it is imported",
    async (what, code, make) => {
      const file = other.file(`${what.replaceAll(" ", "-")}.zip`);
      writeFileSync(file, writeZip(make()));
      expectRefusal(await other.arqon(["verify", file, "--json"]), code);
      expectRefusal(await other.arqon(["import", file, "--json"]), code);
    },
  );

  test("a key that is not known, or was not valid then, is named so", async () => {
    const [file, strange, old] = [other.file("m.json"), other.file("none.json"), other.file("old.json")];
    writeFileSync(file, canonicalJsonFile(manifest));
    writeFileSync(strange, "[]\n");
    writeFileSync(old, canonicalJsonFile(trust.map((key) => ({ ...key, notAfter: "2001-01-01T00:00:00Z" }))));
    const verify = (store: string): Promise<Outcome> =>
      other.arqon(["manifest", "verify", file, "--trust", store, "--json"]);
    expectRefusal(await verify(strange), "KEY_UNKNOWN");
    expectRefusal(await verify(old), "KEY_EXPIRED");
    const twice = other.file("twice.json");
    writeFileSync(twice, readFileSync(file, "utf8").replace('{"envelope":', '{"envelope":"","envelope":'));
    expectRefusal(await other.arqon(["manifest", "verify", twice, "--json"]), "JSON_AMBIGUOUS");
    const unknown = ["keys", "sign", `sha256:${"0".repeat(64)}`, BELL, "--json"];
    expectRefusal(await other.arqon(unknown), "KEY_UNKNOWN");
  });

  test("files that are no text", async () => {
    const file = other.file("bytes");
    writeFileSync(file, Uint8Array.of(0xff, 0xfe));
    for (const args of [
      ["witness", "cosign", file],
      ["keys", "trust", "add", file],
      ["validate", "sha256:00", "--constraints", file],
      ["calibration", "import", file],
    ])
      expectRefusal(await other.arqon([...args, "--json"]), "FILE_UNREADABLE");
  });

  test("names of a witness that would be no line of a note", async () => {
    for (const name of ["a b", "a\nb", "a+b", ""])
      expectRefusal(await other.arqon(["witness", "key", "--name", name, "--json"]), "USAGE");
  });

  test("a wrong passphrase, and a token that is not there", async () => {
    const wrong = { ARQON_KEY_PASSPHRASE: "wrong" };
    expectRefusal(await home.arqon(["run", BELL, "--json"], wrong), "KEYSTORE_LOCKED");
    using fresh = newHome();
    mkdirSync(fresh.path, { mode: 0o700 });
    const token = { module: "/nowhere/lib.so", label: "lab" };
    const policy = { schema: "urn:arqon:policy:v1", keys: { store: "token", token } };
    writeFileSync(join(fresh.path, "policy.json"), JSON.stringify(policy), { mode: 0o600 });
    expectRefusal(
      await fresh.arqon(["run", BELL, "--json"], { ARQON_KEY_PASSPHRASE: "1" }),
      "KEYSTORE_UNAVAILABLE",
    );
    expect(readdirSync(fresh.path)).not.toContain("keystore.json");
  });

  test("an S3 server that overwrites what must not be is not used", async () => {
    const held = new Map<string, Buffer>();
    const server = createServer(async (request, response) => {
      const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
      const { pathname } = new URL(request.url ?? "/", "http://s3");
      if (request.method === "PUT") held.set(pathname, body);
      const found = held.get(pathname);
      response
        .writeHead(request.method === "PUT" || found ? 200 : 404)
        .end(request.method === "GET" ? found : "");
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const { port } = server.address() as { port: number };
    using fresh = newHome();
    const env = {
      ARQON_OBJECTS: `s3://bucket?endpoint=http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b".repeat(20),
    };
    expectRefusal(await fresh.arqon(["run", BELL, "--json"], env), "STORE_UNFIT");
    server.close();
    expectRefusal(await fresh.arqon(["run", BELL, "--json"], { ...env, ARQON_OBJECTS: "s3://b/p" }), "USAGE");
    const token = { module: "/no/such/token.so", label: "arqon" };
    const policy = { schema: "urn:arqon:policy:v1", keys: { store: "token", token } };
    writeFileSync(join(fresh.path, "policy.json"), JSON.stringify(policy));
    expectRefusal(await fresh.arqon(["run", BELL, "--json"]), "KEYSTORE_UNAVAILABLE");
    expect(readdirSync(fresh.path)).toEqual(["policy.json"]);
  });

  test("a ledger that was rolled back takes nothing more, and says so", async () => {
    using copy = newHome();
    cpSync(home.path, copy.path, { recursive: true });
    for (const end of ["", "-wal", "-shm"]) {
      const at = join(copy.path, `ledger.sqlite${end}`);
      cpSync(end === "" ? home.file("ledger.old") : "/dev/null", at, { force: true });
    }
    for (const args of [
      ["run", BELL],
      ["reindex"],
      ["serve"],
      ["ledger", "checkpoint"],
      ["gc"],
      ["run", BELL],
    ])
      expectRefusal(await copy.arqon([...args, "--json"], PASSPHRASE), "LEDGER_ROLLED_BACK");
    const doctor = await copy.arqon(["doctor"], PASSPHRASE);
    expect(doctor.stdout).toMatch(/✗ artifacts .*LEDGER_ROLLED_BACK/);
    expect(doctor.stdout.match(/✗ artifacts/g)).toHaveLength(1);
  });

  test("nothing was written by any of it", async () => {
    expect((await good(other, ["runs"])).stdout).toBe(before);
    expect((await good(other, ["doctor"])).code).toBe(0);
    expect(
      readdirSync(dirname(other.path), { recursive: true }).filter((name) =>
        String(name).endsWith(".partial"),
      ),
    ).toEqual([]);
  });
});
