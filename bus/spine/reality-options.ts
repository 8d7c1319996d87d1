/** What every Reality of a server shares. */
import type { Clock, Timer } from "@arqon/core/base";
import type { Engine } from "../engine/index.ts";
import type { Press } from "../kernel/index.ts";
import type { Meter } from "../metrics/index.ts";
import type { JobLimits } from "./job-host.ts";
import type { Turn } from "./turn.ts";

/** What a Reality is made with. */
export interface RealityOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly timer: Timer;
  /** Ids of the bus's own messages, UUIDv7. */
  readonly newId: () => string;
  readonly press: Press;
  readonly turn: Turn;
  readonly meter: Meter;
  readonly jobs: JobLimits;
  /** Bytes on their way to the log above which publishers are paused. */
  readonly maxCommitBytes: number;
  /** Whether a principal is one of the server's own services. */
  readonly isTrusted: (principalId: string) => boolean;
}
