/** Runs circuits on the backends of this machine. */
import { connect, ESTIMATE_TOPIC } from "@arqon/sdk";
import {
  answerEstimate,
  GRADIENT_JOB_SCHEMA,
  QUANTUM_JOB_SCHEMA,
  QUANTUM_RUN_KIND,
} from "../scheduler/index.ts";
import { backendOf } from "./backend.ts";
import { doorOf } from "./behind-door.ts";
import { CALIBRATION_JOB_SCHEMA, calibrationHandler } from "./calibration-operator.ts";
import { type Ground, type Stop, serve, tenantOf } from "./ground.ts";
import { quantumHandler } from "./quantum-operator.ts";

/** Starts it. */
export async function start(ground: Ground): Promise<Stop> {
  const { parts, pool, close } = await doorOf(ground);
  pool.warm();
  const { config } = ground;
  const stops: Stop[] = [];
  const circuits = parts.registry.manifests().filter(({ kinds }) => kinds.includes(QUANTUM_RUN_KIND));
  for (const manifest of circuits)
    stops.push(
      await serve(ground, `backend.${manifest.id}.jobs`, quantumHandler(manifest.id, parts), {
        maxInFlight: config.simulations ?? 1,
        sam: {
          operatorType: "quantum-simulator",
          inputSchemas: [QUANTUM_JOB_SCHEMA, GRADIENT_JOB_SCHEMA],
          backends: [backendOf(manifest)],
        },
      }),
    );
  const calibrating = calibrationHandler(parts, (id) => tenantOf(config.principals, id));
  stops.push(
    await serve(ground, "calibration.jobs", calibrating, {
      maxInFlight: 1,
      sam: { operatorType: "calibration", inputSchemas: [CALIBRATION_JOB_SCHEMA] },
    }),
  );
  const client = await connect(ground.connection);
  await client.respond(ESTIMATE_TOPIC, (request) => answerEstimate(request.json(), parts.limits), {
    queueGroup: "estimates",
    maxInFlight: 1,
  });
  return async (graceMs) => {
    await client.close();
    await Promise.all(stops.map((stop) => stop(graceMs)));
    await close();
  };
}
