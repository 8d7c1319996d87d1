/** Runs artifacts again, and judges runs by constraints. */
import { connect } from "@arqon/sdk";
import { boundJobs } from "../scheduler/index.ts";
import { doorOf } from "./behind-door.ts";
import { type Ground, type Stop, serve, tenantOf } from "./ground.ts";
import { REPLAY_JOB_SCHEMA, replayHandler } from "./replay-operator.ts";
import { VALIDATION_JOB_SCHEMA, validationHandler } from "./validation-operator.ts";

/** Starts it. */
export async function start(ground: Ground): Promise<Stop> {
  const { parts, close } = await doorOf(ground);
  const client = await connect(ground.connection);
  const tenant = (id: string): string => tenantOf(ground.config.principals, id);
  const stops = [
    await serve(ground, "replay.jobs", replayHandler(parts, tenant, boundJobs(client)), {
      maxInFlight: ground.config.simulations ?? 1,
      sam: { operatorType: "replay", inputSchemas: [REPLAY_JOB_SCHEMA] },
    }),
    await serve(ground, "validation.jobs", validationHandler(parts, tenant), {
      maxInFlight: 1,
      sam: { operatorType: "validation", inputSchemas: [VALIDATION_JOB_SCHEMA] },
    }),
  ];
  return async (graceMs) => {
    await Promise.all(stops.map((stop) => stop(graceMs)));
    await client.close();
    await close();
  };
}
