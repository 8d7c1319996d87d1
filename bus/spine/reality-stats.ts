/** What a Reality says of itself. */
import type { RecoveryReport } from "../engine/index.ts";

/** The traffic of a Reality since it was opened. */
export interface RealityStats {
  readonly reality: string;
  readonly epoch: string;
  readonly lastSequence: number;
  readonly published: number;
  readonly delivered: number;
  readonly duplicates: number;
  readonly subscriptions: number;
  readonly jobs: Readonly<Record<string, number>>;
  /** What was found and mended when the log was opened. */
  readonly recovery: RecoveryReport;
}
