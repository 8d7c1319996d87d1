import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { utf8 } from "@arqon/core/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { entropyBits, refuseSecrets, scanBytes } from "./secrets.ts";
import { testDraft } from "./testing/index.ts";

const scan = (text: string) => scanBytes("file", utf8(text), []);
const random = (length: number): string => randomBytes(length).toString("base64url").slice(0, length);

test.each([
  ["AWS", "AKIAIOSFODNN7EXAMPLE"],
  ["GitHub", `ghp_${"a1B2".repeat(9)}`],
  ["GitHub, fine-grained", `github_pat_${"a1B2".repeat(9)}`],
  ["GitLab", `glpat-${"a1B2".repeat(5)}`],
  ["Slack", "xoxb-123456789012-abcdef"],
  ["Google", `AIza${"a1B2c".repeat(7)}`],
  ["Stripe", `sk_live_${"a1B2".repeat(6)}`],
  ["OpenAI", `sk-proj-${"a1B2".repeat(6)}`],
  ["npm", `npm_${"a1B2".repeat(9)}`],
  ["JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"],
  ["a URL with a password", "postgres://ada:s3cret-pass@db/lab"],
])("the form of a secret is recognised by itself: %s", (_, secret) => {
  expect(scan(`x = "${secret}"`)).toMatchObject({ path: "file", line: 1 });
  expect(scan(`one\ntwo ${secret} three`)).toMatchObject({ line: 2 });
});

test("private keys in PEM are recognised, public keys are not", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  expect(scan(String(privateKey.export({ type: "pkcs8", format: "pem" })))).toMatchObject({
    what: "a private key",
  });
  expect(scan(String(publicKey.export({ type: "spki", format: "pem" })))).toBeUndefined();
});

test("a random value under a name of secrets is found in JSON, YAML, shell and TOML", () => {
  const values = [
    "u7Kp2QxVb9sTzR4mWc1YhJ6e",
    "9f86d081884c7d659a2feaa0c55ad015",
    "k3v9x0q2m7b1z8w4",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEX",
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...values),
      fc.constantFrom(
        "API_KEY",
        "apiKey",
        "access_token",
        "clientSecret",
        "DB_PASSWORD",
        "secret",
        "ibm.token",
        "apitoken",
      ),
      fc.constantFrom(
        (n: string, v: string) => `{"a":1,"${n}":"${v}"}`,
        (n: string, v: string) => `${n}: ${v}\n`,
        (n: string, v: string) => `export ${n}=${v}\n`,
        (n: string, v: string) => `${n} = '${v}'\n`,
      ),
      (value, name, form) => {
        expect(scan(form(name, value))).toMatchObject({ what: `a value of "${name}"` });
      },
    ),
  );
});

test("what a bundle ordinarily holds is not taken for a secret", () => {
  const digest = createHash("sha256").update("x").digest("hex");
  const texts = [
    `{"keyid":"sha256:${digest}","sig":"${randomBytes(3309).toString("base64")}"}`,
    `{"publicKey":"${randomBytes(44).toString("base64")}","public_key":"${random(40)}"}`,
    `{"sha256":"${digest}","artifact_id":"sha256:${digest}","key_digest":"${digest}"}`,
    `{"token_count":"12345678901234567890","tokenizer":"byte-pair-encoding-v2"}`,
    `{"key":"0198c0de-0000-7000-8000-000000000001"}`,
    "// key = measurement_outcome_of_the_circuit\nqreg key[12345678901234567];",
    '{"pass":"true","keyboard":"a1B2c3D4e5F6g7H8i9J0"}',
    "https://example.org:8080/path?key=short",
    `{"cacheKey":"sha256:${digest}"}`,
    '{"routing_key":"lab.sensor.temperature_01","partitionKey":"Berlin-Adlershof-Room-3"}',
    '{"token":"OpenQasmIdentifier","key":"measurement-outcome-histogram"}',
  ];
  for (const text of texts) expect(scan(text), text.slice(0, 60)).toBeUndefined();
  expect(() => refuseSecrets(testDraft(), "bell.qasm", [])).not.toThrow();
});

test("random bytes are almost never taken for a secret", () => {
  for (let i = 0; i < 20; i++) {
    const bytes = randomBytes(20_000);
    expect(scanBytes("x", bytes, [])).toBeUndefined();
    expect(scan(bytes.toString("base64"))).toBeUndefined();
    expect(scan(bytes.toString("hex"))).toBeUndefined();
  }
});

test("a secret across the edge of a window is found, and its line is right", () => {
  const token = `ghp_${"a1B2".repeat(9)}`;
  for (const at of [(1 << 22) - 20, (1 << 22) - (1 << 13) - 20, 9_000_000]) {
    const bytes = Buffer.alloc(9_100_000, "abcdefg\n");
    bytes.write(` ${token} `, at);
    expect(scanBytes("big", bytes, [])).toMatchObject({ line: Math.floor(at / 8) + 1 });
  }
});

test("title, manifest, results and known values are looked at too", () => {
  const token = `ghp_${"a1B2".repeat(9)}`;
  const found = (change: () => void) =>
    expect(change).toThrow(expect.objectContaining({ code: "SECRET_FOUND" }));
  found(() => refuseSecrets(testDraft(), `run ${token}`, []));
  const draft = testDraft();
  found(() => refuseSecrets({ ...draft, manifest: { ...draft.manifest, tenant: token } }, "x", []));
  found(() => refuseSecrets(draft, "x", ["OPENQASM"]));
  expect(() => refuseSecrets(draft, "x", ["qreg"])).not.toThrow();
});

test("entropy is zero for one character and two bits for four", () => {
  expect(entropyBits("aaaa")).toBe(0);
  expect(entropyBits("abcd")).toBe(2);
});
