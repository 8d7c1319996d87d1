/** Sealing: a run becomes an artifact, once. */
import type { Clock } from "@arqon/core/base";
import type { SealedRun, Vault } from "@arqon/vault";
import { type DraftExtras, draftOf } from "./draft.ts";
import type { Run } from "./run.ts";

/**
 * Seals a run over all its executions; durable once resolved.
 *
 * @throws TypeError when the run was sealed before, is empty, or is still at work.
 * @throws ArqonError  what the vault rejects with, e.g. `SECRET_FOUND`. The run stays closed.
 */
export function sealRun(
  run: Run,
  vault: Pick<Vault, "seal">,
  clock: Clock,
  extras?: DraftExtras,
): Promise<SealedRun> {
  run.close();
  return vault.seal(draftOf(run, clock.nowUs(), extras), run.info.title);
}
