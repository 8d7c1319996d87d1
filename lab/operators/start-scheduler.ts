/** Binds jobs to backends. */
import { systemClock, systemTimer } from "@arqon/core/base";
import { connect } from "@arqon/sdk";
import {
  boundJobs,
  GRADIENT_JOB_SCHEMA,
  LiveCatalogue,
  QUANTUM_JOB_SCHEMA,
  schedulerHandler,
} from "../scheduler/index.ts";
import { CRYPTO_MODE, type Ground, type Stop, serve, tenantOf } from "./ground.ts";

/** A scheduler only waits for the jobs it has bound. */
const SCHEDULER_IN_FLIGHT = 256;
/** After the scheduler's start; from then on a job that no backend can take is refused. */
const BACKENDS_WITHIN_MS = 10_000;

/** Starts it. */
export async function start(ground: Ground): Promise<Stop> {
  const { vault, connection, config, onError } = ground;
  // The catalogue has its own connection: it must be complete before the first job is taken.
  let catalogue: LiveCatalogue | undefined;
  const client = await connect({
    ...connection,
    onState: (state) => {
      if (state === "open") catalogue?.refresh().catch(onError);
    },
  });
  catalogue = await LiveCatalogue.open(client, onError);
  const offers = catalogue;
  const handler = schedulerHandler({
    jobs: boundJobs(client),
    vault,
    clock: systemClock,
    cryptoMode: config.cryptoMode ?? CRYPTO_MODE,
    catalogue: () => offers.offers(),
    ready: offers.ready(systemTimer(), BACKENDS_WITHIN_MS),
    tenantOf: (...whose) => tenantOf(ground.config.principals, ...whose),
  });
  const serving = await serve(ground, "quantum.jobs", handler, {
    maxInFlight: SCHEDULER_IN_FLIGHT,
    sam: { operatorType: "scheduler", inputSchemas: [QUANTUM_JOB_SCHEMA, GRADIENT_JOB_SCHEMA] },
  });
  return async (graceMs) => {
    await serving(graceMs);
    await client.close();
  };
}
