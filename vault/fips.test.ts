import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock, systemEntropy } from "@arqon/core/base";
import { prepareBundle, readManifest } from "@arqon/core/bundle";
import { afterEach, describe, expect, test } from "vitest";
import { requireFips } from "./fips.ts";
import { fipsProvider } from "./fips-provider.ts";
import { openVault } from "./front.ts";
import { parsePolicy, writePolicy } from "./policy.ts";
import { fipsConfiguration, fipsModules, temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);
const policyOf = (more: object) =>
  parsePolicy(JSON.stringify({ schema: "urn:arqon:policy:v1", ...more }), "policy");
const token = { store: "token", token: { module: "/lib/x.so", label: "lab" } };

const provider = { name: "OpenSSL FIPS Provider", version: "3.5.7" };

test("without the policy nothing is asked or said", () => {
  expect(requireFips(policyOf({}), undefined)).toBeUndefined();
  expect(requireFips(policyOf({}), provider)).toBeUndefined();
});

test("a provider satisfies it, or a token that holds every key and whose certificate is stated", () => {
  const fips = "required";
  expect(requireFips(policyOf({ fips }), provider)).toBe(
    "required; OpenSSL FIPS Provider 3.5.7, on no list of policy.json",
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

test("where the policy lists modules, the provider must be one of them, by name and version", () => {
  const certificate = "FIPS 140-3 certificate 4985";
  const listing = (...versions: string[]) =>
    policyOf({
      fips: "required",
      fipsModules: versions.map((version) => ({ name: provider.name, version, certificate })),
    });
  expect(requireFips(listing("3.1.2", "3.5.7"), provider)).toBe(
    `required; OpenSSL FIPS Provider 3.5.7, listed in policy.json as ${certificate}`,
  );
  const refused = expect.objectContaining({ code: "FIPS_UNAVAILABLE" });
  expect(() => requireFips(listing("3.1.2"), provider)).toThrow(refused);
  expect(() => requireFips(listing("3.5.7"), { name: "another", version: "3.5.7" })).toThrow(refused);
  expect(() => requireFips(listing("3.5.7"), { name: provider.name })).toThrow(refused);
  for (const fipsModules of [
    [],
    {},
    ["3.5.7"],
    [{ ...provider }],
    [{ ...provider, certificate: "" }],
    [{ ...provider, certificate, level: 1 }],
  ])
    expect(() => policyOf({ fipsModules }), JSON.stringify(fipsModules)).toThrow(
      expect.objectContaining({ code: "JSON_INVALID" }),
    );
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

describe.skipIf(!fipsModules())("with OpenSSL's FIPS provider", () => {
  const PROGRAM = fileURLToPath(new URL("./testing/fips-program.ts", import.meta.url));

  /** Seals a run in a process that works with the provider, and says what its manifest says, or which code refused. */
  function seal(home: string, env: NodeJS.ProcessEnv, ...flags: string[]): unknown {
    const all = { ...process.env, NODE_OPTIONS: "", ...env };
    return JSON.parse(
      execFileSync(process.execPath, [...flags, PROGRAM, home], { env: all, timeout: 300_000 }).toString(),
    );
  }

  test("a vault starts with it, keys in a process of their own too, and the manifest says which it is", () => {
    const folder = fipsModules() ?? "";
    const first = newHome();
    mkdirSync(first, { recursive: true });
    const configuration = fipsConfiguration(folder, first);
    const env = { OPENSSL_MODULES: folder };
    const flags = [`--openssl-config=${configuration}`, "--force-fips"];
    // Where the options are given matters to the process of the keys: it is started with the same.
    const inEnvironment = { ...env, NODE_OPTIONS: flags.join(" ") };
    const said = /^required; OpenSSL FIPS Provider (3\.\d+\.\d+), on no list of policy\.json$/;
    let version = "";
    for (const [store, options, given] of [
      ["file", flags, env],
      ["isolated", flags, env],
      ["isolated", [], inEnvironment],
    ] as const) {
      const home = newHome();
      writePolicy(home, { fips: "required", keys: { store } });
      const { fips, errors } = seal(home, given, ...options) as { fips: string; errors: number };
      expect([fips, errors]).toEqual([expect.stringMatching(said), 0]);
      version = said.exec(fips)?.[1] ?? "";
      expect(seal(home, {}), "without it the same home does not open").toEqual({ code: "FIPS_UNAVAILABLE" });
    }
    const home = newHome();
    const listed = { name: "OpenSSL FIPS Provider", version, certificate: "none: built for tests" };
    writePolicy(home, { fips: "required", fipsModules: [listed] });
    expect(seal(home, env, ...flags)).toMatchObject({
      fips: `required; OpenSSL FIPS Provider ${version}, listed in policy.json as none: built for tests`,
    });
    writePolicy(home, { fipsModules: [{ ...listed, version: "0.0.1" }] });
    expect(seal(home, env, ...flags)).toEqual({ code: "FIPS_UNAVAILABLE" });
    const locked = newHome();
    writePolicy(locked, { fips: "required" });
    expect(seal(locked, { ...env, ARQON_KEY_PASSPHRASE: "words" }, ...flags)).toEqual({
      code: "FIPS_UNAVAILABLE",
    });
    expect(existsSync(join(locked, "keystore.json"))).toBe(false);
  });
});
