/** The gateway's connection to the bus: an SDK client. */
import type { GatewayClient } from "@arqon/bus/gateway";
import { requireUuidv7 } from "@arqon/core/base";
import {
  BundleChunkSchema,
  BundleGetSchema,
  JobSchema,
  LedgerGetSchema,
  MessageType,
} from "@arqon/core/wire";
import { BUNDLE_TOPIC, connect, typed } from "@arqon/sdk";

/** How it names itself to the bus. */
const CLIENT = "arqon-gateway";

/** Connects to the bus as the principal of `apiKey`. A lost connection is not restored: the next call makes a new one. */
export async function openGatewayClient(url: string, apiKey: string): Promise<GatewayClient> {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const client = await connect({
    url,
    apiKey,
    client: CLIENT,
    reconnect: false,
    onState: (state) => state === "closed" && resolve(),
  });
  return {
    submit: async ({ id, topic, job }) => {
      const published = await client.publish(topic, typed(JobSchema, job), {
        type: MessageType.JOB,
        durability: "synced",
        schema: job.capsule?.schema ?? "",
        ...(id && { id: requireUuidv7(id, "job id") }),
      });
      return { id: published.id, duplicate: published.duplicate ?? false };
    },
    state: async (jobId) => client.job(jobId).state(),
    watch: (jobId, signal) => client.job(jobId).states({ signal }),
    cancel: async (jobId, reason) => client.job(jobId).cancel(reason),
    bundle: async (artifactId, offset, signal) => {
      const get = typed(BundleGetSchema, { artifactId, offset: BigInt(offset) });
      return (await client.request(BUNDLE_TOPIC, get, { signal })).unpack(BundleChunkSchema);
    },
    logFile: async (log, path, offset, signal) => {
      const get = typed(LedgerGetSchema, { path, offset: BigInt(offset) });
      return (await client.request(`ledger.${log}.get`, get, { signal })).unpack(BundleChunkSchema);
    },
    ended,
    close: () => client.close(),
  };
}
