/** Seals what foreign operators report, in every Reality that somebody has joined. */
import { systemClock, systemTimer } from "@arqon/core/base";
import { connect } from "@arqon/sdk";
import { captureEnvironment } from "@arqon/vault";
import { CRYPTO_MODE, type Ground, type Stop, sdkVersion, serve, tenantOf } from "./ground.ts";
import { inOpenRealities } from "./open-realities.ts";
import { SEAL_JOB_SCHEMA, sealerHandler } from "./sealer.ts";

/** Starts it. */
export async function start(ground: Ground): Promise<Stop> {
  const { vault, config, connection, onError } = ground;
  const handler = sealerHandler({
    vault,
    clock: systemClock,
    environment: captureEnvironment(),
    sdkVersion: sdkVersion(),
    cryptoMode: config.cryptoMode ?? CRYPTO_MODE,
    tenantOf: (...whose) => tenantOf(ground.config.principals, ...whose),
  });
  const sealing = (reality: string): Promise<Stop> =>
    serve({ ...ground, connection: { ...connection, reality } }, "seal.jobs", handler, {
      maxInFlight: 4,
      sam: { operatorType: "sealer", inputSchemas: [SEAL_JOB_SCHEMA] },
    });
  const client = await connect(connection);
  const home = client.reality;
  const stop = await sealing(home);
  const stopOthers = inOpenRealities({ client, timer: systemTimer(), onError, serve: sealing }, home);
  return async (graceMs) => {
    await Promise.all([stop(graceMs), stopOthers(graceMs)]);
    await client.close();
  };
}
