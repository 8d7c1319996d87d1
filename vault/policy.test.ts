import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ArqonError, systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { readManifest, verifyBundle } from "@arqon/core/bundle";
import { CRYPTO_MODES, type CryptoMode } from "@arqon/core/proof";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { openVault, parsePolicy, readTrust, writePolicy } from "./front.ts";
import { temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);
const open = (home: string) => openVault({ home, clock: systemClock, entropy: systemEntropy });

/** A home whose tenant "local" seals in this mode. */
async function sealedIn(mode: CryptoMode) {
  const home = newHome();
  await (await open(home)).close();
  writePolicy(home, { crypto: { tenants: { local: mode } } });
  const vault = await open(home);
  const { recordId } = await vault.seal(testDraft(), "x");
  const files = await vault.bundle(recordId);
  expect(await vault.check()).toEqual([]);
  await vault.close();
  return { files, trust: await readTrust(home) };
}

test.each([
  ["classical", "ed25519", ["classical"]],
  ["hybrid", "ed25519+ml-dsa-65", ["classical", "hybrid", "pqc-required"]],
  ["pqc-required", "ed25519+ml-dsa-65", ["classical", "hybrid", "pqc-required"]],
] as const)(
  "a run sealed in mode %s says so, and verifies for those who require no more",
  async (mode, suites, accepted) => {
    const { files, trust } = await sealedIn(mode);
    expect(readManifest(files)).toMatchObject({ crypto_mode: mode, pqc_suite: suites });
    for (const required of ["classical", "hybrid", "pqc-required"] as const) {
      const report = await verifyBundle(files, { trust, require: CRYPTO_MODES[required].require });
      const wanted = (accepted as readonly string[]).includes(required) ? "VERIFIED" : "FAILED";
      expect(report.verdict, required).toBe(wanted);
      if (wanted === "FAILED")
        expect(report.checks.find(({ status }) => status === "failed")?.detail).toContain(
          "no valid ml-dsa-65 signature",
        );
    }
  },
);

test("a bundle signed classically alone is not imported where hybrid is the rule", async () => {
  const { files } = await sealedIn("classical");
  const home = newHome();
  const vault = await open(home);
  await expect(vault.import(files, "theirs")).rejects.toMatchObject({ code: "SIGNATURE_MISSING" });
  await vault.close();
  writePolicy(home, { crypto: { default: "classical" } });
  const lenient = await open(home);
  await lenient.import(files, "theirs");
  expect(await lenient.check()).toEqual([]);
  await lenient.close();
});

test("a tenant does with keys what the policy allows, every use is noted, and no payload is", async () => {
  const home = newHome();
  await (await open(home)).close();
  writePolicy(home, { keys: { tenants: { guest: ["decapsulate"] } } });
  const vault = await open(home);
  const life = { notBeforeUs: 0, notAfterUs: systemClock.nowUs() + 1e12 };
  const kem = await vault.keys.generate("ml-kem-768", "mail", life);
  const signing = await vault.keys.generate("ml-dsa-44", "mail", life);
  const wrapping = await vault.keys.generate("aes-256-gcm", "mail", life);
  const [guest, host] = ["guest", "host"].map((tenant) => ({ tenant, purpose: "mail" }));
  if (!guest || !host) throw new TypeError("two users");
  const { secret, ciphertext } = vault.keys.encapsulate(kem.keyId);
  expect(await vault.keys.decapsulate(guest, kem.keyId, ciphertext)).toEqual(secret);
  const payload = utf8("the payload nobody may read");
  await expect(vault.keys.sign(guest, signing.keyId, payload)).rejects.toMatchObject({ code: "KEY_REFUSED" });
  const signature = await vault.keys.sign(host, signing.keyId, payload);
  expect(vault.keys.verify(signing.keyId, payload, signature)).toBe(true);
  const wrapped = await vault.keys.wrap(host, wrapping.keyId, payload, "c");
  await expect(vault.keys.unwrap(guest, wrapping.keyId, wrapped, "c")).rejects.toMatchObject({
    code: "KEY_REFUSED",
  });
  expect(await vault.keys.unwrap(host, wrapping.keyId, wrapped, "c")).toEqual(payload);
  const log = await vault.auditTail(99);
  expect(
    log.map(({ event, operation, tenant }) => [event, operation, tenant].filter(Boolean).join(" ")).reverse(),
  ).toEqual([
    "keys.generate",
    "keys.generate",
    "keys.generate",
    "keys.use decapsulate guest",
    "keys.refused sign guest",
    "keys.use sign host",
    "keys.use wrap host",
    "keys.refused unwrap guest",
    "keys.use unwrap host",
  ]);
  const text = JSON.stringify(log);
  for (const bytes of [payload, secret, signature])
    for (const form of ["hex", "base64", "utf8"] as const)
      expect(text.includes(Buffer.from(bytes).toString(form).slice(0, 20)), form).toBe(false);
  await vault.close();
});

test("a policy that requires quantum key distribution opens no vault and makes no key; without it the vault opens again", async () => {
  const home = newHome();
  writePolicy(home, { qkd: "required" });
  await expect(open(home)).rejects.toMatchObject({ code: "QKD_UNAVAILABLE" });
  expect(readdirSync(home)).toEqual(["policy.json"]);
  writePolicy(home, { qkd: "excluded" });
  await (await open(home)).close();
  writePolicy(home, { qkd: "required" });
  await expect(open(home)).rejects.toMatchObject({ code: "QKD_UNAVAILABLE" });
});

test("a tenant without leave to sign gets nothing sealed", async () => {
  const home = newHome();
  await (await open(home)).close();
  writePolicy(home, { keys: { tenants: { local: [] } } });
  const vault = await open(home);
  await expect(vault.seal(testDraft(), "x")).rejects.toMatchObject({ code: "KEY_REFUSED" });
  expect(await vault.list(9)).toEqual([]);
  await vault.close();
});

test.each([
  "",
  "[]",
  "{}",
  '{"schema":"urn:arqon:policy:v2"}',
  '{"schema":"urn:arqon:policy:v1","crypt":{}}',
  '{"schema":"urn:arqon:policy:v1","qkd":true}',
  '{"schema":"urn:arqon:policy:v1","qkd":"preferred"}',
  '{"schema":"urn:arqon:policy:v1","crypto":{"default":"none"}}',
  '{"schema":"urn:arqon:policy:v1","crypto":{"tenants":{"a":"hybird"}}}',
  '{"schema":"urn:arqon:policy:v1","keys":{"tenants":{"a":["export"]}}}',
  '{"schema":"urn:arqon:policy:v1","keys":{"store":"cloud"}}',
  '{"schema":"urn:arqon:policy:v1","encryptAtRest":"yes"}',
  '{"schema":"urn:arqon:policy:v1","keys":null}',
  '{"schema":"urn:arqon:policy:v1","crypto":{"default":null}}',
])("a policy that is not understood is refused, and nothing is opened under it: %s", async (text) => {
  const home = newHome();
  await (await open(home)).close();
  writeFileSync(join(home, "policy.json"), text);
  await expect(open(home)).rejects.toMatchObject({ code: "JSON_INVALID" });
});

const TEXTS = [
  "{}",
  '{"crypto":null}',
  '{"crypto":{"default":"classical","tenants":{"a":"hybrid"}}}',
  '{"crypto":{"default":"none"}}',
  '{"keys":{"store":"token","token":{"module":"/x.so","label":"lab","parameters":"p"}}}',
  '{"keys":{"store":"token"}}',
  '{"keys":{"token":{"module":"/x.so","label":"lab"}}}',
  '{"keys":{"store":null}}',
  '{"keys":{"residentOnly":true,"certificate":"4718","tenants":{"a":["sign","unwrap"],"b":[]}}}',
  '{"keys":{"tenants":{"a":[["sign"]]}}}',
  '{"encryptAtRest":true,"qkd":"excluded","fips":"required"}',
  '{"fips":true}',
  '{"fipsModules":[{"name":"a","version":"1","certificate":"c"}]}',
  '{"fipsModules":[]}',
  '{"fipsModules":[{"name":"a","version":"1"}]}',
  '{"encryptAtRestt":true}',
];

test("the published schema takes what the vault takes, and refuses what it refuses", () => {
  const schema = readFileSync(new URL("../schemas/policy.v1.schema.json", import.meta.url), "utf8");
  const accepts = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile(
    JSON.parse(schema),
  );
  const page = readFileSync(new URL("../docs/spec/policy.md", import.meta.url), "utf8");
  const shown = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = ""]) => text);
  expect(shown.length).toBeGreaterThan(1);
  for (const text of shown) expect(() => parsePolicy(text, "shown")).not.toThrow();
  const whole = TEXTS.map((text) =>
    text.replace("{", `{"schema":"urn:arqon:policy:v1"${text === "{}" ? "" : ","}`),
  );
  for (const text of [...shown, ...whole]) {
    let taken = true;
    try {
      parsePolicy(text, "policy");
    } catch {
      taken = false;
    }
    expect(accepts(JSON.parse(text)), text).toBe(taken);
  }
});

test("a rule given twice is no rule", () => {
  const twice = '{"schema":"urn:arqon:policy:v1","encryptAtRest":true,"encryptAtRest":false}';
  expect(() => parsePolicy(twice, "policy")).toThrow(expect.objectContaining({ code: "JSON_AMBIGUOUS" }));
});

test("arbitrary policies are either understood or refused with a code", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      try {
        parsePolicy(`{"schema":"urn:arqon:policy:v1","crypto":${json}}`, "policy");
      } catch (error) {
        expect(error).toBeInstanceOf(ArqonError);
        expect((error as ArqonError).code).not.toBe("INTERNAL");
      }
    }),
  );
});
