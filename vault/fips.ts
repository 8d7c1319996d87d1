/** The policy that asks for certified cryptography: what satisfies it, and how a manifest says so. */
import { getFips } from "node:crypto";
import { ArqonError } from "@arqon/core/base";
import type { VaultPolicy } from "./policy.ts";

/** The part of a policy this is about. */
export type FipsPolicy = Pick<VaultPolicy, "fipsRequired" | "keyStore" | "residentOnly" | "certificate">;

/** The name of this process's FIPS provider; `undefined` when it runs without one. */
export function fipsProvider(): string | undefined {
  return getFips() === 1 ? `OpenSSL ${process.versions.openssl} FIPS provider` : undefined;
}

/**
 * What makes the cryptography certified, for manifests; `undefined` where the policy does not require it. A token counts
 * when every key is in it and the policy states its certificate: that one exists cannot be asked of the token.
 * @throws ArqonError `FIPS_UNAVAILABLE`
 */
export function requireFips(
  policy: FipsPolicy,
  provider: string | undefined = fipsProvider(),
): string | undefined {
  if (!policy.fipsRequired) return undefined;
  const { keyStore, residentOnly, certificate } = policy;
  if (provider) return `required; ${provider}`;
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
  return `required; token "${keyStore.label}", ${certificate}`;
}
