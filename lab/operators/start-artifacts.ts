/** Answers with bundles, with runs by their tags, with lineages and citations of artifacts, and with what the two logs hold. */
import { BundleChunkSchema, BundleGetSchema, LedgerGetSchema } from "@arqon/core/wire";
import {
  BUNDLE_TOPIC,
  CITATION_TOPIC,
  connect,
  LINEAGE_TOPIC,
  type Message,
  RUNS_TOPIC,
  typed,
} from "@arqon/sdk";
import { answerCitation, answerLineage, answerRuns } from "./artifact-answers.ts";
import { ArtifactService } from "./artifact-service.ts";
import { type Ground, type Stop, tenantOf } from "./ground.ts";
import { LedgerService } from "./ledger-service.ts";

/** Starts it. */
export async function start({ vault, connection, config }: Ground): Promise<Stop> {
  const tenant = (request: Message): string => tenantOf(config.principals, request.producer);
  const service = new ArtifactService(vault);
  const client = await connect(connection);
  await client.respond(
    BUNDLE_TOPIC,
    async (request) =>
      typed(BundleChunkSchema, await service.chunk(request.unpack(BundleGetSchema), tenant(request))),
    { queueGroup: "artifacts" },
  );
  for (const [topic, answer] of [
    [RUNS_TOPIC, answerRuns],
    [LINEAGE_TOPIC, answerLineage],
    [CITATION_TOPIC, answerCitation],
  ] as const)
    await client.respond(topic, (request) => answer(vault, request.json(), tenant(request)), {
      queueGroup: "artifacts",
    });
  const ledgers = new LedgerService(vault);
  for (const log of ["runs", "governance"] as const)
    await client.respond(
      `ledger.${log}.get`,
      async (request) => typed(BundleChunkSchema, await ledgers.chunk(log, request.unpack(LedgerGetSchema))),
      { queueGroup: "artifacts" },
    );
  return () => client.close();
}
