import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { newHome } from "./cli.ts";

const BELL = resolve(import.meta.dirname, "../../examples/bell.qasm");

interface KeyAnswer {
  keyId: string;
  state: string;
}
interface ErrorAnswer {
  error: { code: string };
}

test("keys are rotated, and what was sealed before and after verifies elsewhere with the exported trust file", async () => {
  using home = newHome();
  using stranger = newHome();
  expect((await home.arqon(["keys", "list", "--json"])).json()).toEqual([]);
  await home.arqon(["run", BELL]);
  const rotated = await home.arqon(["keys", "rotate", "--json"]);
  expect(rotated.code, rotated.stderr).toBe(0);
  await home.arqon(["run", BELL]);
  const listed = (await home.arqon(["keys", "list", "--json"])).json<KeyAnswer[]>();
  const states = listed.map(({ state }) => state);
  expect(states).toEqual(["retired", "retired", "active", "active"]);
  const trust = stranger.file("trust.json");
  copyFileSync(join(home.path, "trust.json"), trust);
  for (const { recordId } of (await home.arqon(["runs", "--json"])).json<{ recordId: string }[]>()) {
    const zip = stranger.file(`${recordId.slice(-8)}.zip`);
    expect((await home.arqon(["export", recordId, zip])).code).toBe(0);
    for (const mode of ["classical", "hybrid", "pqc-required"]) {
      const verified = await stranger.arqon(["verify", zip, "--trust", trust, "--require", mode]);
      expect(verified.code, verified.stdout).toBe(0);
    }
  }
  // Without the new keys the newer bundle is by a stranger.
  const [newest] = (await home.arqon(["runs", "--json"])).json<{ recordId: string }[]>();
  const old = (JSON.parse(readFileSync(trust, "utf8")) as object[]).slice(0, 2);
  writeFileSync(trust, JSON.stringify(old));
  const zip = stranger.file(`${newest?.recordId.slice(-8)}.zip`);
  expect((await stranger.arqon(["verify", zip, "--trust", trust])).code).toBe(1);
  expect((await home.arqon(["doctor"])).code).toBe(0);
  // To end a key is not to distrust it: whoever lost it is told what does that.
  const first = (listed[0] as KeyAnswer).keyId.slice(7, 23);
  const ended = await home.arqon(["keys", "disable", first, "--reason", "stolen"]);
  expect([ended.code, ended.stdout.includes(`keys trust remove ${first}`)], ended.stderr).toEqual([0, true]);
  expect((await home.arqon(["keys", "trust", "remove", first])).code).toBe(0);
});

test("a home where nothing was sealed is well; one that was encrypted is not used as plain; gc repeats its grace", async () => {
  using home = newHome();
  const doctor = await home.arqon(["doctor"]);
  expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringMatching(/✓ keys +none yet/)]);
  expect((await home.arqon(["keys", "encrypt"])).code).toBe(0);
  const stray = join(home.path, "objects", "sha256", "ab");
  mkdirSync(stray, { recursive: true });
  writeFileSync(join(stray, "c".repeat(62)), "left over");
  expect((await home.arqon(["gc", "--grace", "0s"])).stdout).toContain("gc --grace 0s --yes");
  rmSync(join(home.path, "policy.json"));
  for (const args of [["runs"], ["run", BELL], ["keys", "encrypt"], ["reindex"]]) {
    const refused = await home.arqon([...args, "--json"]);
    expect([refused.code, refused.json<ErrorAnswer>().error.code]).toEqual([4, "HOME_UNUSABLE"]);
  }
  const plain = ["keys", "generate", "--algorithm", "aes-256-gcm", "--label", "at-rest", "--json"];
  expect((await home.arqon(plain)).json<ErrorAnswer>().error.code).toBe("USAGE");
});

test("trust is given and taken by key id, and only to keys that are keys", async () => {
  using home = newHome();
  using other = newHome();
  await home.arqon(["run", BELL]);
  await other.arqon(["run", BELL]);
  const added = await home.arqon(["keys", "trust", "add", join(other.path, "trust.json"), "--json"]);
  expect(added.code, added.stderr).toBe(0);
  const [theirs] = added.json<KeyAnswer[]>();
  expect((await home.arqon(["keys", "trust", "list", "--json"])).json<KeyAnswer[]>()).toHaveLength(4);
  const removed = await home.arqon(["keys", "trust", "remove", theirs?.keyId ?? "", "--json"]);
  expect(removed.json<KeyAnswer[]>()).toEqual([expect.objectContaining({ keyId: theirs?.keyId })]);
  expect((await home.arqon(["keys", "trust", "list", "--json"])).json<KeyAnswer[]>()).toHaveLength(3);
  writeFileSync(home.file("bad.json"), '[{"algorithm":"ed25519","keyId":"sha256:00","publicKeyPem":"x"}]');
  const bad = await home.arqon(["keys", "trust", "add", home.file("bad.json"), "--json"]);
  expect([bad.code, bad.json<ErrorAnswer>().error.code]).toEqual([1, "SIGNATURE_INVALID"]);
  const unknown = await home.arqon(["keys", "disable", "12345678", "--json"]);
  expect([unknown.code, unknown.json<ErrorAnswer>().error.code]).toEqual([2, "KEY_UNKNOWN"]);
  const misspelt = await home.arqon(["keys", "rotat", "--json"]);
  expect([misspelt.code, misspelt.json<ErrorAnswer>().error.code]).toEqual([2, "USAGE"]);
});

test("a key that was removed is refused until it is added again, and one that seals signs nothing else", async () => {
  using home = newHome();
  using other = newHome();
  const { recordId } = (await other.arqon(["run", BELL, "--json"])).json<{ recordId: string }>();
  const zip = home.file("theirs.zip");
  expect((await other.arqon(["export", recordId, zip])).code).toBe(0);
  const again = await other.arqon(["export", recordId, zip, "--json"]);
  expect(again.json<ErrorAnswer>().error.code).toBe("USAGE");
  expect((await other.arqon(["export", recordId, zip, "--force"])).code).toBe(0);
  const trust = join(other.path, "trust.json");
  const added = await home.arqon(["keys", "trust", "add", trust, "--json"]);
  const keyId = added.json<KeyAnswer[]>()[0]?.keyId ?? "";
  expect((await home.arqon(["verify", zip])).code).toBe(0);
  expect((await home.arqon(["import", zip])).code).toBe(0);
  expect((await home.arqon(["keys", "trust", "remove", keyId])).code).toBe(0);
  const refused = await home.arqon(["verify", zip, "--json"]);
  expect([refused.code, refused.json()]).toMatchObject([1, { verdict: "UNTRUSTED", code: "KEY_UNKNOWN" }]);
  for (const args of [
    ["import", zip],
    ["replay", zip],
    ["replay", recordId],
  ])
    expect((await home.arqon([...args, "--json"])).json<ErrorAnswer>().error.code).toBe("KEY_UNKNOWN");
  expect((await home.arqon(["keys", "trust", "add", trust])).code).toBe(0);
  expect((await home.arqon(["verify", zip])).code).toBe(0);
  const signed = await other.arqon(["keys", "sign", keyId, BELL, "--json"]);
  expect(signed.json<ErrorAnswer>().error.code).toBe("KEY_REFUSED");
});

test("an encrypted home runs, verifies and keeps nothing of it readable among its objects and keys", async () => {
  using home = newHome();
  const env = { ARQON_KEY_PASSPHRASE: "correct horse" };
  expect((await home.arqon(["run", BELL], env)).code).toBe(0);
  const encrypted = await home.arqon(["keys", "encrypt", "--json"], env);
  expect(encrypted.code, encrypted.stderr).toBe(0);
  expect((await home.arqon(["run", BELL], env)).code).toBe(0);
  const runs = (await home.arqon(["runs", "--json"], env)).json<{ recordId: string }[]>();
  expect(runs).toHaveLength(2);
  expect((await home.arqon(["verify", runs[0]?.recordId ?? ""], env)).code).toBe(0);
  const locked = await home.arqon(["runs", "--json"]);
  expect([locked.code, locked.json<ErrorAnswer>().error.code]).toEqual([3, "KEYSTORE_LOCKED"]);
  const names = readdirSync(home.path, { withFileTypes: true, recursive: true });
  const files = names.filter((entry) => entry.isFile() && !entry.parentPath.includes("/log"));
  const readable = files.filter((entry) =>
    readFileSync(join(entry.parentPath, entry.name)).includes("OPENQASM"),
  );
  expect(readable.map(({ name }) => name)).toEqual([]);
});

test("a server goes on with the new keys when the command line rotates them", async () => {
  using home = newHome();
  const server = await home.serve();
  try {
    expect((await home.arqon(["run", BELL])).code).toBe(0);
    expect((await home.arqon(["keys", "rotate"])).code).toBe(0);
    const run = await home.arqon(["run", BELL, "--json"]);
    expect(run.code, run.stdout + run.stderr).toBe(0);
    const { recordId } = run.json<{ recordId: string }>();
    const verified = await home.arqon(["verify", recordId, "--trust", join(home.path, "trust.json")]);
    expect(verified.code, verified.stdout).toBe(0);
    expect((await home.arqon(["replay", recordId])).code).toBe(0);
  } finally {
    await server.stop();
  }
});

test("what is encrypted is what the home uses: stores on servers are opened first, and without them nothing changes", async () => {
  using home = newHome();
  for (const env of [
    { ARQON_INDEX: "postgres://me@127.0.0.1:1/arqon" },
    {
      ARQON_OBJECTS: "s3://bucket/x?endpoint=http://127.0.0.1:1",
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
    },
  ]) {
    const refused = await home.arqon(["keys", "encrypt", "--json"], env);
    expect(refused.json<ErrorAnswer>().error.code).toBe("STORE_UNREACHABLE");
    expect(existsSync(join(home.path, "policy.json"))).toBe(false);
    const rotated = await home.arqon(["keys", "rotate", "--json"], env);
    expect(rotated.json<ErrorAnswer>().error.code).toBe("STORE_UNREACHABLE");
  }
  expect((await home.arqon(["doctor"])).stdout).toContain("in plain text; to encrypt");
  expect((await home.arqon(["keys", "encrypt"])).stdout).toContain("the index is kept in memory from now on");
  expect((await home.arqon(["doctor"])).stdout).toContain(
    "are written encrypted; the index is kept in memory",
  );
});
