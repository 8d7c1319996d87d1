/** What comes before the door: a refusal there makes no artifact, so it leaves an audit record. */
import { ArqonError, type Clock } from "@arqon/core/base";
import type { Vault } from "@arqon/vault";
import { rfc3339 } from "./draft.ts";
import type { Work } from "./work.ts";

/** Who refuses, and where that is kept. */
export interface Refuser {
  readonly vault: Pick<Vault, "audit">;
  readonly clock: Clock;
  /** For the record, e.g. "scheduler". */
  readonly by: string;
  readonly tenant?: string;
}

/** Of a message that goes into the record, so that no refusal is too long to be recorded. */
const MESSAGE_CHARACTERS = 4000;

/** Makes a call; what it throws is audited, and then thrown on. @throws ArqonError */
export async function beforeDoor<T>(
  work: Work,
  { vault, clock, by, tenant }: Refuser,
  call: () => T | Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    const error = ArqonError.from(thrown);
    await vault.audit({
      event: "job.refuse",
      at: rfc3339(clock.nowUs()),
      by,
      code: error.code,
      jobId: work.id,
      message: error.message.slice(0, MESSAGE_CHARACTERS),
      principal: work.producer,
      ...(tenant !== undefined && { tenant }),
      topic: work.topic,
    });
    throw error;
  }
}
