/** What a recipe gave when it was repeated, before it is compared and sealed. */
import { ArqonError } from "@arqon/core/base";
import type { BundleDraft } from "@arqon/core/bundle";
import type { HopWatch, Work, WorkContext } from "../runtime/index.ts";
import type { DoorParts } from "./through-door.ts";

/** One repetition. Among the draft's parents is the original. */
export interface Repetition {
  readonly draft: BundleDraft;
  /** Why it gave no result. */
  readonly error?: ArqonError;
}

/** What is to be repeated, and what is to be changed. */
export interface ReplayRequest {
  readonly artifact: string;
  readonly seed: bigint | undefined;
  readonly shots: number | undefined;
}

/** The replay job at work. */
export interface Replaying {
  readonly work: Work;
  readonly context: WorkContext;
  readonly watch: HopWatch;
  readonly tenant: string;
  readonly parts: DoorParts;
}

/** Role of the original among the parents of a replay. */
export const REPLAY_OF = "replayOf";

/** The refusal of a replay that cannot be. */
export function notComparable(why: string): ArqonError {
  return new ArqonError("REPLAY_NOT_COMPARABLE", why);
}
