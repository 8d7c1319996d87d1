/** The policy that asks for certified cryptography: what satisfies it, and how a manifest says so. */
import { ArqonError } from "@arqon/core/base";
import { type FipsProvider, fipsProvider } from "./fips-provider.ts";
import type { VaultPolicy } from "./policy.ts";

/** The part of a policy this is about. */
export type FipsPolicy = Pick<
  VaultPolicy,
  "fipsRequired" | "fipsModules" | "keyStore" | "residentOnly" | "certificate"
>;

/**
 * What the cryptography rests on, for manifests; `undefined` where the policy does not require it. A provider counts as it
 * names itself: where the policy lists modules it must be one of them, and where it lists none the manifest says that. A
 * token counts when every key is in it and the policy states its certificate: that one exists cannot be asked of either.
 * @throws ArqonError `FIPS_UNAVAILABLE`
 */
export function requireFips(
  policy: FipsPolicy,
  provider: FipsProvider | undefined = policy.fipsRequired ? fipsProvider() : undefined,
): string | undefined {
  if (!policy.fipsRequired) return undefined;
  return `required; ${provider ? providerStatus(policy, provider) : tokenStatus(policy)}`;
}

function providerStatus({ fipsModules }: FipsPolicy, { name, version }: FipsProvider): string {
  const called = `${name} ${version ?? "of unknown version"}`;
  if (fipsModules.length === 0) return `${called}, on no list of policy.json`;
  const declared = fipsModules.find((one) => one.name === name && one.version === version);
  if (!declared)
    throw new ArqonError(
      "FIPS_UNAVAILABLE",
      `this process works with ${called}, which is not among the ${fipsModules.length} of fipsModules in policy.json`,
    );
  return `${called}, listed in policy.json as ${declared.certificate}`;
}

function tokenStatus({ keyStore, residentOnly, certificate }: FipsPolicy): string {
  if (typeof keyStore !== "object")
    throw new ArqonError(
      "FIPS_UNAVAILABLE",
      "this process has no FIPS provider, and the keys are in no token",
    );
  if (!residentOnly || certificate === undefined)
    throw new ArqonError(
      "FIPS_UNAVAILABLE",
      `this process has no FIPS provider, and the token "${keyStore.label}" ${
        residentOnly ? "has no certificate in policy.json" : "need not hold every key (residentOnly)"
      }`,
    );
  return `token "${keyStore.label}", ${certificate}`;
}
