/** Learns with circuits. */
import { doorOf } from "./behind-door.ts";
import { QML_JOB_SCHEMA } from "./classify-request.ts";
import { type Ground, type Stop, serve, tenantOf } from "./ground.ts";
import { qmlHandler } from "./qml-operator.ts";

/** Starts it. */
export async function start(ground: Ground): Promise<Stop> {
  const { parts, close } = await doorOf(ground);
  const { config } = ground;
  const stop = await serve(
    ground,
    "qml.jobs",
    qmlHandler(parts, (id) => tenantOf(config.principals, id)),
    {
      maxInFlight: config.simulations ?? 1,
      sam: { operatorType: "qml", inputSchemas: [QML_JOB_SCHEMA] },
    },
  );
  return async (graceMs) => {
    await stop(graceMs);
    await close();
  };
}
