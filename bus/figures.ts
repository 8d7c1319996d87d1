/** What a bus says of itself: to programs that ask over the wire, and to Prometheus. */
import { boundedTypes, type Meter, metricsPage } from "./metrics/index.ts";
import type { BoundedAudit, Session } from "./shield/index.ts";
import { JOB_STATES, type RealityStats, type Spine } from "./spine/index.ts";

/** What a bus says of itself. */
export interface BusStats {
  readonly connections: number;
  readonly operators: number;
  /** Messages left out for readers that were too slow, over the open connections. */
  readonly dropped: number;
  readonly auditLost: number;
  readonly realities: readonly RealityStats[];
}

/** The figures of this moment. */
export function statsOf(sessions: ReadonlySet<Session>, audit: BoundedAudit, spine: Spine): BusStats {
  let operators = 0;
  let dropped = 0;
  for (const session of sessions) {
    if (session.sam !== undefined) operators++;
    dropped += session.dropped;
  }
  return {
    connections: sessions.size,
    operators,
    dropped,
    auditLost: audit.lost,
    realities: spine.realities().map((reality) => reality.stats()),
  };
}

/** The same, and what was counted since the start, as a page for Prometheus. */
export function metricsOf(sessions: ReadonlySet<Session>, stats: BusStats, meter: Meter): string {
  const roles = { client: 0, opening: 0, operator: 0, service: 0 };
  const types: string[] = [];
  const keyExchanges: Record<string, number> = {};
  for (const session of sessions) {
    const { sam, keyExchange } = session;
    roles[roleOf(session)]++;
    if (sam) types.push(sam.operatorType);
    if (keyExchange) keyExchanges[keyExchange] = (keyExchanges[keyExchange] ?? 0) + 1;
  }
  const operatorTypes = boundedTypes(types);
  return metricsPage(meter, { ...stats, roles, keyExchanges, operatorTypes, jobStates: JOB_STATES });
}

/** What a connection is for; one that only asks for a page, or has not said hello, is opening. */
function roleOf({ sam, principal, reality }: Session): "client" | "opening" | "operator" | "service" {
  if (reality === undefined) return "opening";
  if (sam !== undefined) return "operator";
  return principal.trusted ? "service" : "client";
}
