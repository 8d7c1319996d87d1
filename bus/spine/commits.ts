/** Messages on their way into the log: gathered in the log's own memory, appended one group at a time, reported in order. */
import { ArqonError } from "@arqon/core/base";
import { type AppendDurability, BatchBuilder, type RealityLog } from "../engine/index.ts";
import type { Recorded } from "./job-host.ts";
import type { Port } from "./port.ts";
import type { RecentIds } from "./recent.ts";
import type { Turn } from "./turn.ts";

/** To whom a logged message is delivered: nobody, plain subscribers, or groups as well. */
export type Reach = "nobody" | "plain" | "all";

/** Messages that go into the log together; entry by entry the lists belong to the records of the batch. */
export class Group {
  readonly batch: BatchBuilder = new BatchBuilder();
  /** Whom to acknowledge; `undefined`: the bus itself wrote the message. */
  readonly ports: (Port | undefined)[] = [];
  readonly ids: string[] = [];
  readonly topics: string[] = [];
  readonly reaches: Reach[] = [];
  /** The duplicate window of its publisher and its place there. */
  readonly windows: (RecentIds | undefined)[] = [];
  readonly places: number[] = [];
  /** Whether it must be seen when the log is opened. */
  readonly carry: boolean[] = [];
  /** What else is to be told. */
  readonly recorded: (Recorded | undefined)[] = [];
  durability: AppendDurability = "logged";

  clear(): void {
    this.batch.clear();
    this.ports.length = this.ids.length = this.topics.length = this.reaches.length = 0;
    this.windows.length = this.places.length = this.recorded.length = this.carry.length = 0;
    this.durability = "logged";
  }
}

/** Most bytes in one append. */
const GROUP_BYTES = 1_048_576;
/** Below this a group waits for more while more comes, for so many turns. */
const SMALL_BYTES = 262_144;
const PATIENT_TURNS = 4;
/** Groups kept for use again. */
const SPARE = 4;

/**
 * The way of a Reality's logged messages into its log. One append is under way at a time and the next gathers meanwhile,
 * so groups grow with the load; what is asked to be synced makes its whole group so.
 */
export class Commits {
  readonly #log: RealityLog;
  readonly #turn: Turn;
  readonly #settled: (group: Group, error: ArqonError | undefined) => void;
  readonly #waiting: Group[] = [];
  readonly #spare: Group[] = [];
  #isAppending = false;
  #isDue = false;
  /** Of the groups that take no more. */
  #closedBytes = 0;
  #idle: (() => void)[] = [];

  /** @param settled  called in order, once a group is as durable as asked, or failed; it is used again afterwards. */
  constructor(log: RealityLog, turn: Turn, settled: (group: Group, error: ArqonError | undefined) => void) {
    this.#log = log;
    this.#turn = turn;
    this.#settled = settled;
  }

  /** Bytes on their way. */
  get bytes(): number {
    return this.#closedBytes + (this.#waiting.at(-1)?.batch.length ?? 0);
  }

  /** The group that takes a message of at most `bytes` now. Its batch is filled before the turn ends. */
  open(bytes: number, durability: AppendDurability): Group {
    let group = this.#waiting.at(-1);
    if (group === undefined || (group.batch.records > 0 && group.batch.length + bytes > GROUP_BYTES)) {
      this.#closedBytes += group?.batch.length ?? 0;
      group = this.#spare.pop() ?? new Group();
      this.#waiting.push(group);
    }
    if (durability === "synced") group.durability = durability;
    if (!this.#isDue && !this.#isAppending) {
      this.#isDue = true;
      this.#turn.atEnd(() => {
        this.#isDue = false;
        this.#next();
      });
    }
    return group;
  }

  /** Resolves once nothing is on its way. */
  async idle(): Promise<void> {
    while (this.#isAppending || this.#waiting.length > 0)
      await new Promise<void>((done) => this.#idle.push(done));
  }

  #next(): void {
    if (this.#isAppending) return;
    const group = this.#waiting.shift();
    if (group === undefined) {
      const idle = this.#idle;
      this.#idle = [];
      for (const call of idle) call();
      return;
    }
    this.#isAppending = true;
    const bytes = group.batch.length;
    if (this.#waiting.length === 0) this.#closedBytes += bytes;
    this.#log.append(group.batch, group.durability).then(
      () => this.#settle(group, bytes, undefined),
      (thrown) => this.#settle(group, bytes, ArqonError.from(thrown, "LOG_UNAVAILABLE")),
    );
  }

  /** What waits is appended before anybody is told, so that the log works meanwhile. */
  #settle(group: Group, bytes: number, error: ArqonError | undefined): void {
    this.#isAppending = false;
    this.#closedBytes -= bytes;
    if (this.#waiting.length > 0) this.#soon(0, PATIENT_TURNS);
    this.#settled(group, error);
    group.clear();
    if (this.#spare.length < SPARE) this.#spare.push(group);
    if (!this.#isAppending && !this.#isDue) this.#next();
  }

  /**
   * A small group waits for a few turns as long as it grows: an append costs the same for one message as for a hundred.
   */
  #soon(bytes: number, turns: number): void {
    const group = this.#waiting[0];
    const isSmall = group !== undefined && this.#waiting.length === 1 && group.batch.length < SMALL_BYTES;
    if (!isSmall || group.durability === "synced" || turns === 0 || group.batch.length === bytes) {
      this.#next();
      return;
    }
    const grown = group.batch.length;
    this.#isDue = true;
    this.#turn.atEnd(() => {
      this.#isDue = false;
      this.#soon(grown, turns - 1);
    });
  }
}
