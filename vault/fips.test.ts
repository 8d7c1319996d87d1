import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemEntropy } from "@arqon/core/base";
import { prepareBundle, readManifest } from "@arqon/core/bundle";
import { afterEach, expect, test } from "vitest";
import { fipsProvider, requireFips } from "./fips.ts";
import { openVault } from "./front.ts";
import { parsePolicy, writePolicy } from "./policy.ts";
import { temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);
const policyOf = (more: object) =>
  parsePolicy(JSON.stringify({ schema: "urn:arqon:policy:v1", ...more }), "policy");
const token = { store: "token", token: { module: "/lib/x.so", label: "lab" } };

test("without the policy nothing is asked or said", () => {
  expect(requireFips(policyOf({}), undefined)).toBeUndefined();
  expect(requireFips(policyOf({}), "a provider")).toBeUndefined();
});

test("a provider satisfies it, or a token that holds every key and whose certificate is stated", () => {
  const fips = "required";
  expect(requireFips(policyOf({ fips }), "OpenSSL 3.5 FIPS provider")).toBe(
    "required; OpenSSL 3.5 FIPS provider",
  );
  const certified = { ...token, residentOnly: true, certificate: "FIPS 140-3 certificate 4718" };
  expect(requireFips(policyOf({ fips, keys: certified }), undefined)).toBe(
    'required; token "lab", FIPS 140-3 certificate 4718',
  );
  for (const keys of [
    {},
    { store: "isolated" },
    token,
    { ...token, residentOnly: true },
    { ...certified, residentOnly: false },
  ])
    expect(() => requireFips(policyOf({ fips, keys }), undefined), JSON.stringify(keys)).toThrow(
      expect.objectContaining({ code: "FIPS_UNAVAILABLE" }),
    );
  expect(() => policyOf({ fips: "yes" })).toThrow(expect.objectContaining({ code: "JSON_INVALID" }));
});

test.skipIf(fipsProvider() !== undefined)(
  "a vault that must be certified does not start here, and makes nothing",
  async () => {
    const home = newHome();
    writePolicy(home, { fips: "required" });
    const opening = openVault({ home, clock: systemClock, entropy: systemEntropy });
    await expect(opening).rejects.toMatchObject({ code: "FIPS_UNAVAILABLE" });
    expect(existsSync(join(home, "keystore.json"))).toBe(false);
  },
);

test("a manifest says what made the cryptography a certified one, and nothing where nothing was required", () => {
  const draft = testDraft();
  const prepared = prepareBundle({ ...draft, manifest: { ...draft.manifest, fips: "required; a provider" } });
  expect(readManifest(prepared.files).fips).toBe("required; a provider");
  expect(readManifest(prepareBundle(draft).files)).not.toHaveProperty("fips");
});
