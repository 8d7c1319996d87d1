/** Seals what foreign operators report. */
import { systemClock } from "@arqon/core/base";
import { captureEnvironment } from "@arqon/vault";
import { CRYPTO_MODE, type Ground, type Stop, sdkVersion, serve, tenantOf } from "./ground.ts";
import { SEAL_JOB_SCHEMA, sealerHandler } from "./sealer.ts";

/** Starts it. */
export function start(ground: Ground): Promise<Stop> {
  const { vault, config } = ground;
  const handler = sealerHandler({
    vault,
    clock: systemClock,
    environment: captureEnvironment(),
    sdkVersion: sdkVersion(),
    cryptoMode: config.cryptoMode ?? CRYPTO_MODE,
    tenantOf: (principal) => tenantOf(ground.config.principals, principal),
  });
  return serve(ground, "seal.jobs", handler, {
    maxInFlight: 4,
    sam: { operatorType: "sealer", inputSchemas: [SEAL_JOB_SCHEMA] },
  });
}
