/** What everyone saw, and what must be true of it at the end. */
import { type ArqonMessage, JobResultSchema, MessageType, payloadOf } from "@arqon/core/wire";

interface Ack {
  readonly sequence: number;
  readonly synced: boolean;
  /** A power failure came after it. */
  power: boolean;
}

/** What one connection of a subscriber received, in order. */
export interface Received {
  readonly life: number;
  readonly group: string;
  /** Last sequence when it was subscribed; 0 while it is not. */
  since: number;
  readonly logged: { readonly id: string; readonly sequence: number }[];
  readonly ephemeral: { readonly id: string; readonly sequence: number }[];
  dropped: number;
}

/** The record of one life of the world. */
export class History {
  readonly #acks = new Map<string, Ack>();
  readonly #received: Received[] = [];
  readonly #resultAcks = new Map<string, Set<string>>();
  readonly #leases = new Map<string, number[]>();
  readonly #submitted = new Set<string>();
  readonly #physical = new Set<string>();
  readonly #highest: number[] = [];
  readonly #lowest: number[] = [];
  readonly #unfinished: string[] = [];

  crashed(model: "kill" | "power"): void {
    if (model !== "power") return;
    for (const ack of this.#acks.values()) ack.power = true;
    // Only leases of physical jobs are synced: others may be forgotten with the power.
    for (const jobId of this.#leases.keys()) if (!this.#physical.has(jobId)) this.#leases.delete(jobId);
  }

  acknowledged(id: string, sequence: number, synced: boolean): void {
    const known = this.#acks.get(id);
    if (known && known.sequence !== sequence && (known.synced || !known.power))
      this.#unfinished.push(`message ${id} was acknowledged as ${known.sequence} and as ${sequence}`);
    this.#acks.set(id, { sequence, synced: synced || (known?.synced ?? false), power: false });
  }

  submitted(id: string, physical: boolean): void {
    this.#submitted.add(id);
    if (physical) this.#physical.add(id);
  }

  leased(jobId: string, attempt: number): void {
    const attempts = this.#leases.get(jobId) ?? [];
    attempts.push(attempt);
    this.#leases.set(jobId, attempts);
  }

  resultTaken(jobId: string, resultId: string): void {
    const taken = this.#resultAcks.get(jobId) ?? new Set();
    taken.add(resultId);
    this.#resultAcks.set(jobId, taken);
  }

  /** A subscriber's connection begins. */
  listening(life: number, group: string): Received {
    const received: Received = { life, group, since: 0, logged: [], ephemeral: [], dropped: 0 };
    this.#received.push(received);
    return received;
  }

  /** A number the bus gave out in one of its lives. */
  saw(life: number, sequence: number): void {
    this.#highest[life] = Math.max(this.#highest[life] ?? 0, sequence);
    this.#lowest[life] = Math.min(this.#lowest[life] ?? Number.POSITIVE_INFINITY, sequence);
  }

  /** Everything that is wrong. @param stored  the log at the end. */
  judge(stored: readonly ArqonMessage[], jobs: Readonly<Record<string, number>>): readonly string[] {
    const wrong = [...this.#unfinished];
    const byId = new Map<string, number>();
    let last = 0;
    for (const message of stored) {
      const sequence = Number(message.sequence);
      if (sequence <= last) wrong.push(`the log has ${sequence} after ${last}`);
      last = sequence;
      if (byId.has(message.id)) wrong.push(`message ${message.id} is in the log twice`);
      byId.set(message.id, sequence);
    }
    for (const [id, ack] of this.#acks) {
      const sequence = byId.get(id);
      if (sequence === undefined && (ack.synced || !ack.power))
        wrong.push(`acknowledged message ${id} is lost`);
      else if (sequence !== undefined && sequence !== ack.sequence && (ack.synced || !ack.power))
        wrong.push(`message ${id} was acknowledged as ${ack.sequence} and stored as ${sequence}`);
    }
    this.#judgeDeliveries(wrong, byId, stored);
    this.#judgeJobs(wrong, stored, jobs);
    for (let life = 2; life < this.#highest.length; life++)
      for (let before = 1; before < life; before++)
        if ((this.#lowest[life] ?? Number.POSITIVE_INFINITY) <= (this.#highest[before] ?? 0))
          wrong.push(`number ${this.#lowest[life]} of life ${life} was given out in life ${before} already`);
    return wrong;
  }

  #judgeDeliveries(
    wrong: string[],
    byId: ReadonlyMap<string, number>,
    stored: readonly ArqonMessage[],
  ): void {
    const lives = Math.max(0, ...this.#received.map((received) => received.life));
    const groups = new Set<string>();
    for (const received of this.#received) {
      for (const kind of ["logged", "ephemeral"] as const) {
        let before = 0;
        for (const { sequence } of received[kind]) {
          if (sequence <= before) wrong.push(`a subscriber got ${kind} ${sequence} after ${before}`);
          before = sequence;
        }
      }
      if (received.group !== "")
        for (const { id } of [...received.logged, ...received.ephemeral]) {
          if (groups.has(`${received.life} ${id}`)) wrong.push(`two members of a group got ${id}`);
          groups.add(`${received.life} ${id}`);
        }
      if (received.life !== lives) continue;
      for (const { id, sequence } of received.logged)
        if (byId.get(id) !== sequence)
          wrong.push(`${id} was delivered as ${sequence} but is not stored as such`);
      if (received.group !== "" || received.since === 0) continue;
      const got = new Set(received.logged.map(({ sequence }) => sequence));
      for (const message of stored) {
        const sequence = Number(message.sequence);
        if (sequence > received.since && message.topic.startsWith("sim.") && !got.has(sequence))
          wrong.push(`a subscriber since ${received.since} never got ${message.topic} ${sequence}`);
      }
    }
  }

  #judgeJobs(wrong: string[], stored: readonly ArqonMessage[], jobs: Readonly<Record<string, number>>): void {
    const results = new Map<string, string>();
    for (const message of stored) {
      if (message.type !== MessageType.JOB_RESULT) continue;
      const { jobId } = payloadOf(message, JobResultSchema);
      if (results.has(jobId)) wrong.push(`job ${jobId} has two terminal results`);
      results.set(jobId, message.id);
    }
    for (const id of this.#submitted)
      if (this.#acks.has(id) && !results.has(id)) wrong.push(`job ${id} was acknowledged and never ended`);
    for (const [jobId, taken] of this.#resultAcks)
      for (const id of taken)
        if (results.get(jobId) !== id)
          wrong.push(`result ${id} of job ${jobId} was taken but is not its record`);
    for (const [jobId, attempts] of this.#leases) {
      if (new Set(attempts).size !== attempts.length)
        wrong.push(`an attempt of job ${jobId} was leased twice`);
      if (this.#physical.has(jobId) && attempts.length > 1)
        wrong.push(`physical job ${jobId} was leased ${attempts.length} times`);
    }
    for (const state of ["SUBMITTED", "LEASED", "RUNNING"])
      if (jobs[state]) wrong.push(`${jobs[state]} jobs are still ${state}`);
  }
}
