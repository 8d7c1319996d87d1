/** What subscribers must have received: in order, once, and nothing between left out. */
import type { ArqonMessage } from "@arqon/core/wire";

/** One message as it was received. */
interface Seen {
  readonly id: string;
  readonly sequence: number;
}

/** What one connection of a subscriber received, in order. */
export interface Received {
  readonly life: number;
  readonly group: string;
  /** Last sequence when it was subscribed; 0 while it is not. */
  since: number;
  readonly logged: Seen[];
  readonly ephemeral: Seen[];
  /** Messages the bus said it left out. */
  dropped: number;
  /** It was never cut, so that every notice of the bus has reached it. */
  isWhole: boolean;
}

/** What is wrong with deliveries. @param excused  syncs lied: what was delivered may be gone from the log. */
export function judgeDeliveries(
  all: readonly Received[],
  byId: ReadonlyMap<string, number>,
  stored: readonly ArqonMessage[],
  excused: boolean,
): string[] {
  const wrong: string[] = [];
  const lives = Math.max(0, ...all.map((received) => received.life));
  const groups = new Set<string>();
  for (const received of all) {
    for (const kind of ["logged", "ephemeral"] as const) {
      let before = 0;
      for (const { sequence } of received[kind]) {
        if (sequence <= before) wrong.push(`a subscriber got ${kind} ${sequence} after ${before}`);
        before = sequence;
      }
    }
    if (received.group !== "") {
      for (const { id } of [...received.logged, ...received.ephemeral]) {
        if (groups.has(`${received.life} ${id}`)) wrong.push(`two members of a group got ${id}`);
        groups.add(`${received.life} ${id}`);
      }
      continue;
    }
    if (received.life === lives)
      for (const { id, sequence } of received.logged)
        if (byId.get(id) !== sequence)
          wrong.push(`${id} was delivered as ${sequence} but is not stored as such`);
    if (received.since === 0 || (excused && received.life !== lives)) continue;
    // A connection that ended may lack the end of what was stored, never something before what it got.
    const end = received.life === lives ? Number.POSITIVE_INFINITY : (received.logged.at(-1)?.sequence ?? 0);
    const got = new Set(received.logged.map(({ sequence }) => sequence));
    for (const message of stored) {
      const sequence = Number(message.sequence);
      if (sequence > end) break;
      if (sequence > received.since && message.topic.startsWith("sim.") && !got.has(sequence))
        wrong.push(`a subscriber since ${received.since} never got ${message.topic} ${sequence}`);
    }
  }
  wrong.push(...judgeEphemeral(all.filter(({ group, since }) => group === "" && since > 0)));
  return wrong;
}

/** Nobody keeps ephemeral messages, so two subscribers of the same are held against each other. */
function judgeEphemeral(all: readonly Received[]): string[] {
  const wrong: string[] = [];
  for (const one of all)
    for (const other of all) {
      if (one === other || one.life !== other.life || !other.isWhole) continue;
      const from = Math.max(one.since, other.since);
      const to = other.ephemeral.at(-1)?.sequence ?? 0;
      const got = new Set(other.ephemeral.map(({ sequence }) => sequence));
      const missing = one.ephemeral.filter(
        ({ sequence }) => sequence > from && sequence < to && !got.has(sequence),
      );
      if (missing.length > other.dropped)
        wrong.push(
          `${missing.length} messages that others got are missing, ${other.dropped} were said to be; first ${missing[0]?.sequence}`,
        );
    }
  return wrong;
}
