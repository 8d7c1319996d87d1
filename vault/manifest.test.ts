import { systemClock, systemEntropy } from "@arqon/core/base";
import { signedManifestOf, verifySignedManifest } from "@arqon/core/bundle";
import { afterEach, expect, test } from "vitest";
import { openVault, readTrust } from "./front.ts";
import { keyValidity } from "./open-keys.ts";
import { writePolicy } from "./policy.ts";
import { temporaryHomes, testDraft } from "./testing/index.ts";
import { isoTime } from "./time.ts";

const newHome = temporaryHomes(afterEach);
const MODES = ["classical", "hybrid", "pqc-required"] as const;

test("manifests of every mode verify by the trust file alone, before and after the keys were rotated", async () => {
  const home = newHome();
  const open = () => openVault({ home, clock: systemClock, entropy: systemEntropy });
  await (await open()).close();
  writePolicy(home, { crypto: { default: "hybrid", tenants: { old: "classical", new: "pqc-required" } } });
  const vault = await open();
  const tenants = [
    ["old", ["classical"]],
    ["local", MODES],
    ["new", MODES],
  ] as const;
  const manifests: [ReturnType<typeof signedManifestOf>, readonly string[]][] = [];
  for (const round of [1, 2]) {
    for (const [tenant, accepted] of tenants) {
      const draft = testDraft({ seed: round });
      // Sealed at its own time, so that the validity of the keys of its day is what counts.
      const manifest = { ...draft.manifest, tenant, createdAt: isoTime(systemClock) };
      const { recordId } = await vault.seal({ ...draft, manifest }, "x");
      manifests.push([signedManifestOf(await vault.bundle(recordId)), accepted]);
    }
    if (round === 1) await vault.keys.rotate("vault", keyValidity(systemClock));
  }
  const trust = await readTrust(home);
  expect(trust).toHaveLength(4);
  for (const [manifest, accepted] of manifests)
    for (const mode of MODES) {
      const { verdict, checks } = await verifySignedManifest(manifest, { trust, mode });
      const why = `${manifest.manifest.tenant} as ${mode}: ${JSON.stringify(checks)}`;
      expect(verdict, why).toBe(accepted.includes(mode) ? "VERIFIED" : "FAILED");
    }
  await vault.close();
});
