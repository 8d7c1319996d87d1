import { ManualTime, systemClock, systemEntropy, systemTimer, utf8 } from "@arqon/core/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LocalHsm, startLocalHsm } from "../../testing/index.ts";
import { describeKeystore } from "../describe-keystore.ts";
import { type AzureKeystoreOptions, openAzureKeystore } from "./azure-keystore.ts";

const life = { notBeforeUs: 0, notAfterUs: 200 * 366 * 86_400_000_000 };
const optionsFor = ({ url, token }: LocalHsm): AzureKeystoreOptions => ({
  url,
  accessToken: async () => token,
  fetch,
  timer: systemTimer(),
  clock: systemClock,
  entropy: systemEntropy,
  prefix: "lab",
});

describeKeystore("Azure Managed HSM, as its REST documentation has it", async () => {
  const hsm = await startLocalHsm();
  const open = () => openAzureKeystore(optionsFor(hsm));
  const store = await open();
  return { store, reopen: open, dispose: () => hsm.stop(), algorithms: ["ecdsa-p256", "aes-256-gcm"] };
});

let hsm: LocalHsm;
beforeEach(async () => {
  hsm = await startLocalHsm();
});
afterEach(() => hsm.stop());
const open = (more: Partial<AzureKeystoreOptions> = {}) => openAzureKeystore({ ...optionsFor(hsm), ...more });

test("keys are made in the HSM, not exportable, and what it cannot hold is refused before anything is asked", async () => {
  const store = await open();
  await store.generate("ecdsa-p256", "x", life);
  expect(store.list()).toMatchObject([{ algorithm: "ecdsa-p256", protection: "hsm-resident" }]);
  expect([...hsm.keys.values()].map(({ kty, attributes }) => [kty, attributes["exportable"]])).toEqual([
    ["EC-HSM", false],
  ]);
  const asked = hsm.asked.length;
  for (const algorithm of ["ed25519", "ml-dsa-65", "ml-kem-768"] as const)
    await expect(store.generate(algorithm, "x", life)).rejects.toMatchObject({ code: "KEY_REFUSED" });
  expect(hsm.asked).toHaveLength(asked);
});

test("homes with another prefix, and keys that others made, are not seen; pages are followed", async () => {
  const [lab, other] = [await open(), await open({ prefix: "lab-2" })];
  for (let i = 0; i < 5; i++) await lab.generate("aes-256-gcm", `n${i}`, life);
  await other.generate("aes-256-gcm", "theirs", life);
  expect((await open()).list().map(({ label }) => label)).toEqual(["n0", "n1", "n2", "n3", "n4"]);
  expect((await open({ prefix: "lab-2" })).list()).toHaveLength(1);
});

test("a rotation that was interrupted between its steps is completed by the same calls", async () => {
  const store = await open();
  await store.generate("ecdsa-p256", "x", life);
  await store.generate("aes-256-gcm", "x", life);
  await store.prepare("x", life);
  // The list, four keys, then the first of four changes; the second fails.
  hsm.instead.push(undefined, undefined, ...Array(4).fill(undefined), undefined);
  hsm.instead.push([500, { error: { code: "InternalServerError" } }]);
  await expect(store.activate("x")).rejects.toMatchObject({ code: "KEYSTORE_UNAVAILABLE" });
  hsm.instead.length = 0;
  const again = await open();
  await again.prepare("x", life);
  await again.activate("x");
  expect(
    again
      .list()
      .map(({ state }) => state)
      .sort(),
  ).toEqual(["active", "active", "retired", "retired"]);
});

test("a key that does not work is listed as disabled", async () => {
  const store = await open();
  hsm.instead.push(undefined, [200, { kid: "x", value: Buffer.alloc(64, 1).toString("base64url") }]);
  await expect(store.generate("ecdsa-p256", "x", life)).rejects.toMatchObject({
    code: "KEYSTORE_UNAVAILABLE",
  });
  expect((await open()).list()).toMatchObject([{ state: "disabled" }]);
});

test("no leave, no answer, a cut line, a busy or lying service: each has its code, and no token is told", async () => {
  const store = await open();
  const { keyId } = await store.generate("ecdsa-p256", "x", life);
  const error = (code: string) => ({ error: { code } });
  const cases = [
    [[401, error("Unauthorized")], "KEYSTORE_LOCKED"],
    [[403, error("Forbidden")], "KEYSTORE_LOCKED"],
    [[404, error("KeyNotFound")], "KEY_UNKNOWN"],
    [[429, error("Throttled")], "KEYSTORE_UNAVAILABLE"],
    [[400, error("BadParameter")], "KEYSTORE_UNAVAILABLE"],
    [[200, {}], "KEYSTORE_UNAVAILABLE"],
    [[200, { value: "AAAA" }], "KEYSTORE_UNAVAILABLE"],
    [[200, ["no"]], "KEYSTORE_UNAVAILABLE"],
    [[200, { value: "A".repeat(2 << 20) }], "LIMIT_EXCEEDED"],
    [[302, {}], "KEYSTORE_UNAVAILABLE"],
    ["cut", "KEYSTORE_UNAVAILABLE"],
  ] as const;
  for (const [answer, code] of cases) {
    hsm.instead.push(answer);
    const thrown: unknown = await store.sign(keyId, utf8("m")).catch((one: unknown) => one);
    expect(thrown, JSON.stringify(answer).slice(0, 80)).toMatchObject({ code });
    expect(String(thrown)).not.toContain(hsm.token);
  }
  await expect(open({ accessToken: async () => "another" })).rejects.toMatchObject({
    code: "KEYSTORE_LOCKED",
  });
  await expect(open({ url: "http://127.0.0.1:1" })).rejects.toMatchObject({ code: "KEYSTORE_UNAVAILABLE" });
  for (const url of [
    "http://lab.managedhsm.azure.net",
    "ftp://x",
    "https://me:you@lab.managedhsm.azure.net",
    "",
  ])
    await expect(open({ url })).rejects.toThrow(TypeError);
});

test("a service that does not answer is given up after its time", async () => {
  const time = new ManualTime();
  hsm.instead.push("hang");
  const opening = open({ timer: time });
  while (hsm.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  time.advance(15_001);
  await expect(opening).rejects.toMatchObject({ code: "KEYSTORE_UNAVAILABLE" });
});

test("a link to another address is not followed: the token would go there", async () => {
  hsm.instead.push([200, { value: [], nextLink: "https://example.org/keys?api-version=7.4" }]);
  await expect(open()).rejects.toMatchObject({ code: "KEYSTORE_UNAVAILABLE" });
});

test("a key whose tags were changed to what it was not made as stops the keystore", async () => {
  const store = await open();
  await store.generate("ecdsa-p256", "x", life);
  const [key] = hsm.keys.values();
  for (const tags of [{}, { ...key?.tags, algorithm: "aes-256-gcm" }, { ...key?.tags, state: "king" }]) {
    if (key) key.tags = tags as Record<string, string>;
    await expect(open()).rejects.toMatchObject({ code: "KEYSTORE_UNAVAILABLE" });
  }
});

test("a link that is no address, and pages without end, are refused", async () => {
  hsm.instead.push([200, { value: [], nextLink: "//" }]);
  await expect(open()).rejects.toMatchObject({ code: "KEYSTORE_UNAVAILABLE" });
  const again = [200, { value: [], nextLink: `${hsm.url}/keys?api-version=7.4` }] as const;
  hsm.instead.push(...Array.from({ length: 1000 }, () => again));
  await expect(open()).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
});
