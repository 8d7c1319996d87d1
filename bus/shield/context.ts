/** What all connections of one server share. */
import type { Clock, Timer } from "@arqon/core/base";
import type { Press } from "../kernel/index.ts";
import type { Meter } from "../metrics/index.ts";
import type { Spine, Turn } from "../spine/index.ts";
import type { AccessTable } from "./access.ts";
import type { BoundedAudit } from "./audit.ts";
import type { Heartbeats } from "./heartbeats.ts";
import type { JsonFrames } from "./json-frames.ts";
import type { ShieldLimits } from "./limits.ts";
import type { RecordSheets } from "./record-sheets.ts";
import type { Session } from "./session.ts";

/** Passed to every session. */
export interface ShieldContext {
  readonly limits: ShieldLimits;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly newId: () => string;
  readonly press: Press;
  readonly turn: Turn;
  readonly jsonFrames: JsonFrames;
  readonly recordSheets: RecordSheets;
  readonly access: AccessTable;
  readonly audit: BoundedAudit;
  readonly spine: Spine;
  readonly meter: Meter;
  /** The page for Prometheus. */
  readonly metrics: () => string;
  readonly heartbeats: Heartbeats;
  /** Connections that are not yet gone. */
  readonly sessions: Set<Session>;
  /** Connections of each principal. */
  readonly census: Map<string, number>;
  /** Whether the server takes work. */
  readonly isReady: () => boolean;
  /** A session was welcomed, or one that was is gone. */
  readonly onPresence: (session: Session, present: boolean) => void;
}
