/** The way of logged messages: duplicates are told apart, the rest is stamped into the log and acknowledged from there. */
import { ArqonError } from "@arqon/core/base";
import { Durability, decodeScanned, type EnvelopeHeader, MessageType } from "@arqon/core/wire";
import type { AppendDurability, RealityLog } from "../engine/index.ts";
import { Acknowledger, type SendControl } from "./acknowledger.ts";
import { Commits, type Group, type Reach } from "./commits.ts";
import { DuplicateWindows } from "./duplicate-windows.ts";
import type { Recorded } from "./job-host.ts";
import type { Jobs } from "./jobs.ts";
import type { DefaultDurability } from "./laws.ts";
import type { Port } from "./port.ts";
import type { RealityOptions } from "./reality-options.ts";
import { putStamped, stampedBytes } from "./record-stamp.ts";
import { carriesState, type StateIndex } from "./state-index.ts";

/** A message where it lies. */
export interface StoredAt {
  bytes: Uint8Array;
  from: number;
  to: number;
}

/** What the logged path needs of its Reality. */
export interface LoggedHost {
  readonly jobs: Jobs;
  readonly index: StateIndex;
  nowUs(): number;
  /** The next number, or 0 when none can be had now. */
  take(): number;
  /** Calls when numbers can be had again, or with the reason why they cannot. */
  whenNumbered(call: (failure: ArqonError | undefined) => void): void;
  /** Field 12 of the message with this number, where the order of the Reality is partial. */
  clockOf(sequence: number, topic: string, port: Port | undefined): Uint8Array | undefined;
  readonly send: SendControl;
  refuse(port: Port, messageId: string, error: ArqonError): void;
  /** Hands a message that is in the log to those who subscribe to its topic. */
  deliver(topic: string, message: StoredAt, sequence: number, groups: boolean): void;
}

/** A message as the logged path takes it. */
interface Logged {
  readonly envelope: Uint8Array;
  readonly constant: Uint8Array;
  readonly topic: string;
  readonly reach: Reach;
  readonly durability: AppendDurability;
  readonly recorded: Recorded;
}

const NOTHING = new Uint8Array(0);

/** What of one Reality goes through its log. */
export class LoggedPath {
  readonly windows: DuplicateWindows = new DuplicateWindows();
  readonly #host: LoggedHost;
  readonly #maxCommitBytes: number;
  readonly #durability: DefaultDurability;
  readonly #commits: Commits;
  readonly #acks: Acknowledger;
  readonly #paused = new Set<Port>();
  #trouble: ArqonError | undefined;
  #published = 0;
  #duplicates = 0;

  /** @param durability  of messages that say nothing about it. */
  constructor(
    log: RealityLog,
    host: LoggedHost,
    options: Pick<RealityOptions, "turn" | "newId" | "maxCommitBytes">,
    durability: DefaultDurability,
  ) {
    this.#host = host;
    this.#maxCommitBytes = options.maxCommitBytes;
    this.#durability = durability;
    this.#commits = new Commits(log, options.turn, (group, error) => this.#settled(group, error));
    this.#acks = new Acknowledger(options.newId, host.send);
  }

  /** Why the log refused the newest append, if it did. */
  get trouble(): ArqonError | undefined {
    return this.#trouble;
  }
  get published(): number {
    return this.#published;
  }
  get duplicates(): number {
    return this.#duplicates;
  }

  /**
   * Takes a publication. The bytes are read before this returns.
   * @returns false, with nothing done, when there is no number for it now.
   * @throws ArqonError to be told to the publisher.
   */
  publish(port: Port, bytes: Uint8Array, header: EnvelopeHeader): boolean {
    const { id, topic, type } = header;
    const isJob = type === MessageType.JOB;
    const synced = isJob || type === MessageType.JOB_RESULT || this.#isSynced(header.durability);
    const nowUs = this.#host.nowUs();
    const window = this.windows.of(port.principal.id);
    const words = this.windows.read(id);
    if (!isJob) {
      const place = window.find(words, nowUs);
      if (place >= 0) {
        window.tell(place, (sequence) => this.#again(port, id, sequence, synced));
        return true;
      }
    }
    const sequence = this.#host.take();
    if (sequence === 0) return false;
    let recorded: Recorded | undefined;
    if (isJob) {
      const { job, known } = this.#host.jobs.admit(
        decodeScanned(bytes, header),
        port.principal.id,
        bytes.length,
      );
      if (known) {
        const place = window.find(words, nowUs);
        if (job.sequence > 0) this.#again(port, id, job.sequence, synced);
        else if (place >= 0) window.tell(place, (first) => this.#again(port, id, first, synced));
        return true;
      }
      recorded = (error, stamped, at) => this.#host.jobs.submitted(job, stamped, at, error);
    } else if (type === MessageType.JOB_RESULT) {
      const { job, result } = this.#host.jobs.admitResult(port, decodeScanned(bytes, header));
      recorded = (error, _stamped, at) => this.#host.jobs.resulted(job, result, port, at, error);
    }
    const group = this.#put(bytes, port.stamp, topic, sequence, nowUs, synced ? "synced" : "logged", port);
    group.ports.push(port);
    group.ids.push(id);
    group.topics.push(topic);
    group.reaches.push(isJob ? "plain" : "all");
    group.windows.push(window);
    group.places.push(window.add(words, nowUs));
    group.recorded.push(recorded);
    group.carry.push(carriesState(type, false));
    if (this.#commits.bytes > this.#maxCommitBytes && !this.#paused.has(port)) {
      this.#paused.add(port);
      port.pause();
    }
    return true;
  }

  /** Stamps and logs a message of the bus itself, then reports. The envelope is read before this returns. */
  record(message: Logged): void {
    const { envelope, constant, topic, durability, recorded } = message;
    const sequence = this.#host.take();
    if (sequence === 0) {
      const copy = Buffer.from(envelope);
      this.#host.whenNumbered((failure) => {
        if (failure) recorded(failure, copy, 0);
        else this.record({ ...message, envelope: copy });
      });
      return;
    }
    const group = this.#put(envelope, constant, topic, sequence, this.#host.nowUs(), durability);
    group.ports.push(undefined);
    group.ids.push("");
    group.topics.push(topic);
    group.reaches.push(message.reach);
    group.windows.push(undefined);
    group.places.push(-1);
    group.recorded.push(recorded);
    group.carry.push(true);
  }

  /** Resolves once nothing is on its way to the log. */
  idle(): Promise<void> {
    return this.#commits.idle();
  }

  /** A connection is gone. */
  drop(port: Port): void {
    this.#paused.delete(port);
  }

  #put(
    envelope: Uint8Array,
    constant: Uint8Array,
    topic: string,
    sequence: number,
    timestampUnixUs: number,
    durability: AppendDurability,
    port?: Port,
  ): Group {
    const clock = this.#host.clockOf(sequence, topic, port);
    const room = stampedBytes(envelope, constant, clock);
    const group = this.#commits.open(room, durability);
    const { batch } = group;
    const at = batch.begin(room);
    const end = putStamped(batch.bytes, at, envelope, sequence, constant, timestampUnixUs, clock);
    batch.end("message", sequence, timestampUnixUs, end);
    return group;
  }

  #isSynced(durability: number): boolean {
    if (durability !== Durability.UNSPECIFIED) return durability !== Durability.LOGGED;
    return this.#durability !== "logged";
  }

  #again(port: Port, id: string, sequence: number, synced: boolean): void {
    if (sequence === 0) {
      this.#host.refuse(port, id, new ArqonError("LOG_UNAVAILABLE", `message ${id} could not be logged`));
      return;
    }
    this.#duplicates++;
    this.#acks.again(port, id, sequence, synced ? Durability.SYNCED : Durability.LOGGED);
  }

  #settled(group: Group, error: ArqonError | undefined): void {
    this.#trouble = error;
    const durability = group.durability === "synced" ? Durability.SYNCED : Durability.LOGGED;
    const stored: StoredAt = { bytes: group.batch.bytes, from: 0, to: 0 };
    group.batch.visit((i, from, to, sequence) => {
      const port = group.ports[i];
      const recorded = group.recorded[i];
      if (error) {
        group.windows[i]?.settle(group.places[i] as number, 0);
        if (port) this.#host.refuse(port, group.ids[i] as string, error);
        recorded?.(error, NOTHING, sequence);
        return;
      }
      this.#published++;
      this.#host.index.note(sequence, group.carry[i] as boolean);
      if (port) this.#acks.logged(port, group.ids[i] as string, sequence, durability);
      // Those who wait for this outcome are told after the original.
      group.windows[i]?.settle(group.places[i] as number, sequence);
      const reach = group.reaches[i] as Reach;
      stored.from = from;
      stored.to = to;
      if (reach !== "nobody")
        this.#host.deliver(group.topics[i] as string, stored, sequence, reach === "all");
      recorded?.(undefined, Buffer.from(stored.bytes.subarray(from, to)), sequence);
    });
    this.#acks.flush();
    if (this.#paused.size === 0 || this.#commits.bytes >= this.#maxCommitBytes / 2) return;
    for (const paused of this.#paused) paused.resume();
    this.#paused.clear();
  }
}
