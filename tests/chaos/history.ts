/** What everyone saw, and what must be true of it at the end. */
import { equalBytes } from "@arqon/core/base";
import type { ArqonMessage } from "@arqon/core/wire";
import { judgeDeliveries, type Received } from "./judge-deliveries.ts";
import { judgeJobs, type SeenJobs } from "./judge-jobs.ts";

interface Ack {
  readonly sequence: number;
  readonly synced: boolean;
  /** The server that said so. */
  readonly life: number;
  /** A power failure came after it. */
  power: boolean;
}

/** Acknowledgements on one connection. */
export interface AckLine {
  readonly life: number;
  /** Sequence of the newest that was no duplicate. */
  last: number;
}

/** Name of the bus where it writes a record itself. */
const BUS = "arqon-bus";

/** The record of one seeded world over all lives of its server. */
export class History {
  readonly #acks = new Map<string, Ack>();
  readonly #sent = new Map<string, Uint8Array>();
  readonly #received: Received[] = [];
  readonly #jobs: SeenJobs = {
    submitted: new Set(),
    physical: new Set(),
    leases: new Map(),
    taken: new Map(),
  };
  readonly #highest: number[] = [];
  readonly #lowest: number[] = [];
  readonly #wrong: string[] = [];
  #epoch = "";
  /** Syncs lied, and then the power went: what was promised before binds nobody, and numbers may come again. */
  #excused = false;

  crashed(model: "kill" | "power", syncsLied: boolean): void {
    if (model !== "power") return;
    for (const [id, ack] of this.#acks)
      this.#acks.set(id, { ...ack, synced: ack.synced && !syncsLied, power: true });
    if (syncsLied) {
      this.#excused = true;
      this.#epoch = "";
      this.#jobs.leases.clear();
      this.#jobs.taken.clear();
    }
    // Only leases of physical jobs are synced: others may be forgotten with the power.
    for (const jobId of this.#jobs.leases.keys())
      if (!this.#jobs.physical.has(jobId)) this.#jobs.leases.delete(jobId);
  }

  /** A connection was welcomed. */
  welcomed(epoch: string): void {
    if (this.#epoch !== "" && epoch !== this.#epoch) this.#wrong.push(`the epoch changed to ${epoch}`);
    this.#epoch = epoch;
  }

  /** Somebody is about to send this. */
  sent(message: ArqonMessage): void {
    this.#sent.set(message.id, message.payload?.value ?? new Uint8Array());
  }

  /** A subscriber got this, or an operator: what he gets may have been stored in an earlier life. */
  got(life: number, message: ArqonMessage, isNew = true): void {
    if (isNew) this.#saw(life, Number(message.sequence));
    this.#checkContent(message, "delivery");
  }

  /** Whether what came is what was sent; the bus may write messages of its own. */
  #checkContent(message: ArqonMessage, where: string): void {
    if (message.producerId === BUS) return;
    const sent = this.#sent.get(message.id);
    if (sent === undefined) this.#wrong.push(`${where}: nobody sent ${message.id}`);
    else if (!equalBytes(sent, message.payload?.value ?? new Uint8Array()))
      this.#wrong.push(`${where}: ${message.id} is not what was sent`);
  }

  acknowledged(line: AckLine, id: string, sequence: number, synced: boolean, duplicate: boolean): void {
    const known = this.#acks.get(id);
    if (known && known.sequence !== sequence && (known.synced || !known.power))
      this.#wrong.push(`message ${id} was acknowledged as ${known.sequence} and as ${sequence}`);
    this.#acks.set(id, {
      sequence,
      synced: synced || (known?.synced ?? false),
      life: line.life,
      power: false,
    });
    if (duplicate) return;
    this.#saw(line.life, sequence);
    if (sequence <= line.last) this.#wrong.push(`${sequence} was acknowledged after ${line.last}`);
    line.last = sequence;
  }

  submitted(id: string, physical: boolean): void {
    this.#jobs.submitted.add(id);
    if (physical) this.#jobs.physical.add(id);
  }

  leased(jobId: string, attempt: number): void {
    const attempts = this.#jobs.leases.get(jobId) ?? [];
    attempts.push(attempt);
    this.#jobs.leases.set(jobId, attempts);
  }

  resultTaken(jobId: string, resultId: string): void {
    const taken = this.#jobs.taken.get(jobId) ?? new Set();
    taken.add(resultId);
    this.#jobs.taken.set(jobId, taken);
  }

  /** A subscriber's connection begins. */
  listening(life: number, group: string): Received {
    const received: Received = {
      life,
      group,
      since: 0,
      logged: [],
      ephemeral: [],
      dropped: 0,
      isWhole: true,
    };
    this.#received.push(received);
    return received;
  }

  /** A number the bus gave out in one of its lives. */
  #saw(life: number, sequence: number): void {
    this.#highest[life] = Math.max(this.#highest[life] ?? 0, sequence);
    this.#lowest[life] = Math.min(this.#lowest[life] ?? Number.POSITIVE_INFINITY, sequence);
  }

  /** What a page asked for now must hold, so far as it reaches. A server that was overtaken does not know it. */
  asking({ life }: AckLine): ReadonlyMap<string, number> {
    const due = new Map<string, number>();
    for (const [id, ack] of this.#acks) if (ack.life <= life) due.set(id, ack.sequence);
    return due;
  }

  /** A page of history from the beginning. @param due  what {@link History.asking} said. */
  page(messages: readonly ArqonMessage[], isLast: boolean, due: ReadonlyMap<string, number>): void {
    let last = 0;
    const there = new Map<string, number>();
    for (const message of messages) {
      this.#checkContent(message, "history");
      const sequence = Number(message.sequence);
      if (sequence <= last) this.#wrong.push(`a page has ${sequence} after ${last}`);
      last = sequence;
      there.set(message.id, sequence);
    }
    const end = isLast ? Number.POSITIVE_INFINITY : last;
    for (const [id, sequence] of due) {
      const ack = this.#acks.get(id);
      const holds = ack?.sequence === sequence && (ack.synced || !ack.power);
      if (holds && sequence <= end && there.get(id) !== sequence)
        this.#wrong.push(`stale read: ${id} (${sequence}) is not on the page`);
    }
  }

  /** Everything that is wrong. @param stored  the log at the end; left out: it says by itself that it is damaged. */
  judge(
    stored: readonly ArqonMessage[] | undefined,
    jobs: Readonly<Record<string, number>>,
  ): readonly string[] {
    if (stored === undefined)
      return this.#excused ? this.#wrong : [...this.#wrong, "the log cannot be opened"];
    for (const message of stored) this.#checkContent(message, "log");
    const wrong = [...this.#wrong];
    const byId = new Map<string, number>();
    let last = 0;
    let lastUs = 0;
    for (const message of stored) {
      const sequence = Number(message.sequence);
      if (sequence <= last) wrong.push(`the log has ${sequence} after ${last}`);
      last = sequence;
      const atUs = Number(message.timestampUnixUs);
      if (atUs < lastUs) wrong.push(`the time of ${sequence} is before that of the message before it`);
      lastUs = atUs;
      if (byId.has(message.id)) wrong.push(`message ${message.id} is in the log twice`);
      byId.set(message.id, sequence);
    }
    for (const [id, ack] of this.#acks) {
      const holds = ack.synced || !ack.power;
      const sequence = byId.get(id);
      if (sequence === undefined && holds) wrong.push(`acknowledged message ${id} is lost`);
      else if (sequence !== undefined && sequence !== ack.sequence && holds)
        wrong.push(`message ${id} was acknowledged as ${ack.sequence} and stored as ${sequence}`);
    }
    wrong.push(...judgeDeliveries(this.#received, byId, stored, this.#excused));
    wrong.push(...judgeJobs(this.#jobs, stored, jobs, new Set(this.#acks.keys()), this.#excused));
    if (!this.#excused) wrong.push(...this.#judgeNumbers());
    return wrong;
  }

  #judgeNumbers(): string[] {
    const wrong: string[] = [];
    for (let life = 2; life < this.#highest.length; life++)
      for (let before = 1; before < life; before++)
        if ((this.#lowest[life] ?? Number.POSITIVE_INFINITY) <= (this.#highest[before] ?? 0))
          wrong.push(`number ${this.#lowest[life]} of life ${life} was given out in life ${before} already`);
    return wrong;
  }
}
