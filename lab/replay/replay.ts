/** Plays a recorded range of a Reality again, in a Reality of its own, and compares what the operators give. */
import { ArqonError, type Clock, systemClock, systemTimer, type Timer } from "@arqon/core/base";
import { type ArqonMessage, Durability, filterMatches, MessageType, REPLAY_PREFIX } from "@arqon/core/wire";
import { type Client, type ConnectOptions, connect, type Message } from "@arqon/sdk";
import type { Given } from "./comparison.ts";
import { type Place, ReplayInput } from "./input.ts";
import { realitySeed } from "./journal.ts";
import type { DeterministicOperator } from "./operator.ts";
import { type Override, overridden } from "./override.ts";
import { Pace } from "./pace.ts";
import { Pipeline } from "./pipeline.ts";
import { Playback } from "./playback.ts";
import { readRecording } from "./recording.ts";
import { ReplayedOperator } from "./replayed-operator.ts";
import type { ReplayReport } from "./report.ts";

/** What to play, and how. */
export interface ReplayOptions {
  /** How to reach the server, and the Reality that was recorded. */
  readonly connection: ConnectOptions;
  /** Name of the new Reality after "replay."; one topic token. */
  readonly id: string;
  /** Operators to compare, by what they gave in the recorded range. */
  readonly operators?: readonly DeterministicOperator[];
  /** Topics that are played. Default: all. */
  readonly filter?: string;
  /** Bounds of the range, inclusive. */
  readonly fromSequence?: number;
  readonly toSequence?: number;
  /** Bounds in UTC microseconds: inclusive, exclusive. */
  readonly fromUs?: number;
  readonly toUs?: number;
  readonly overrides?: readonly Override[];
  /** How many times faster than it was recorded. Default: as fast as possible. */
  readonly speed?: number;
  /** Of operators of which the recording has no run. Default: follows from the Reality and its epoch. */
  readonly seed?: bigint;
  /** What this runs on; compared with what the recording says. */
  readonly environment?: string;
  readonly onProgress?: (played: number) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly timer?: Timer;
}

/** Recorded outputs are looked for in that many messages after the range, and on while any is missing. */
const LATE_MESSAGES = 65_536;
/** The principal of what the bus itself writes. */
const BUS = "arqon-bus";
/** Messages that may follow from one, where the recording does not say when they came. */
const MAX_FOLLOWING = 10_000;

/**
 * Plays a range again. Every message of it is published into `replay.<id>` as it was, with its origin; jobs are answered
 * with the results that were recorded; the operators handle what they handled, one message at a time, in the order of
 * the recording, and hear each other's outputs where the recorded ones stood.
 *
 * @throws ArqonError `HISTORY_TRIMMED` when the range is empty, `PERMISSION_DENIED`, and what `connect` can throw.
 */
export async function replayReality(options: ReplayOptions): Promise<ReplayReport> {
  const { connection, id } = options;
  await using source = await connect(connection);
  await using target = await connect({ ...connection, reality: `${REPLAY_PREFIX}${id}` });
  await using playback = new Playback({ ...connection, reality: target.reality });
  return await new Replay(options, source, target, playback).run();
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #source: Client;
  readonly #target: Client;
  readonly #playback: Playback;
  readonly #pipeline: Pipeline;
  readonly #pace: Pace;
  readonly #warnings = new Set<string>();
  #operators: readonly ReplayedOperator[] = [];
  #from = 0;
  #to = 0;
  #played = 0;
  #overridden = 0;

  constructor(options: ReplayOptions, source: Client, target: Client, playback: Playback) {
    const { clock = systemClock, timer = systemTimer({ hold: true }), speed, signal } = options;
    this.#options = options;
    this.#source = source;
    this.#target = target;
    this.#playback = playback;
    this.#pipeline = new Pipeline(target);
    this.#pace = new Pace(clock, timer, speed, signal);
  }

  async run(): Promise<ReplayReport> {
    const { overrides = [], signal, fromUs, toUs, filter = ">" } = this.#options;
    const end = this.#source.lastSequence;
    this.#to = Math.min(this.#options.toSequence ?? end, end);
    const range = {
      fromSequence: this.#options.fromSequence ?? 0,
      toSequence: this.#to,
      ...(fromUs !== undefined && { fromUs }),
      ...(toUs !== undefined && { toUs }),
      ...(signal && { signal }),
    };
    for await (const { sequence } of this.#source.history({ ...range, filter, pageSize: 1 })) {
      this.#from = sequence;
      break;
    }
    if (this.#from === 0)
      throw new ArqonError(
        "HISTORY_TRIMMED",
        `nothing logged of "${filter}" lies in the range; the log of this Reality ends at ${end}`,
        { remedy: "Check the name of the Reality, the filter and the range." },
      );
    await this.#prepare(end);
    const warmFrom = Math.min(this.#from, ...this.#operators.map((one) => one.warmFrom(this.#from)));
    const log = this.#source.history({ fromSequence: warmFrom, toSequence: end, ...(signal && { signal }) });
    let late = 0;
    for await (const message of log) {
      if (toUs !== undefined && message.timestampUs >= toUs)
        this.#to = Math.min(this.#to, message.sequence - 1);
      if (message.sequence <= this.#to) await this.#take(message);
      else {
        if (this.#operators.length === 0) break;
        if (++late > LATE_MESSAGES && this.#operators.every(({ isSettled }) => isSettled)) break;
        const author = this.#operators.find((one) => one.gave(message.envelope));
        author?.recorded(message.envelope, message.sequence);
      }
    }
    await this.#pipeline.flush();
    await this.#playback.finish();
    const operators = this.#operators.map((one) => one.report());
    const compared = operators.filter(({ verdict }) => verdict !== "NOT_RECORDED");
    const [first] = compared
      .flatMap((one) => (one.first ? [one.first] : []))
      .sort((a, b) => a.cause.sequence - b.cause.sequence || a.index - b.index);
    if (overrides.length > 0 && this.#overridden === 0) this.#warnings.add("no override changed anything");
    const { reality, epoch } = this.#source;
    return {
      verdict: compared.length === 0 ? "NOT_COMPARABLE" : first ? "DIVERGED" : "IDENTICAL",
      reality: this.#target.reality,
      source: { reality, epoch },
      from: this.#from,
      to: this.#to,
      warmFrom,
      played: this.#played,
      overridden: this.#overridden,
      overrides,
      operators,
      ...(first && { first }),
      warnings: [...this.#warnings],
    };
  }

  async #prepare(end: number): Promise<void> {
    const { operators = [], signal, environment = `node ${process.versions.node}` } = this.#options;
    const seed = this.#options.seed ?? realitySeed(this.#source.reality, this.#source.epoch);
    const byId = [...operators].sort((a, b) => (a.id < b.id ? -1 : 1));
    const prepared: ReplayedOperator[] = [];
    for (const [i, one] of byId.entries()) {
      if (byId[i + 1]?.id === one.id) throw new TypeError(`two operators are named ${one.id}`);
      const recording = await readRecording(this.#source, one.id, end, signal);
      const replayed = new ReplayedOperator(one, recording, seed, ({ message }) =>
        this.#warnings.add(message),
      );
      for (const other of replayed.otherEnvironments(environment))
        this.#warnings.add(`${one.id} was recorded on ${other}, and is replayed on ${environment}`);
      prepared.push(replayed);
    }
    this.#operators = prepared;
  }

  /** One message of the range, or of what leads up to it. */
  async #take(message: Message): Promise<void> {
    const { topic, sequence, timestampUs: timeUs, type, producer } = message;
    if (topic.startsWith("journal.")) return;
    const { envelope } = message;
    const isInRange = sequence >= this.#from;
    if (isInRange) await this.#pace.until(timeUs);
    const author = this.#operators.find((one) => one.gave(envelope));
    if (author) {
      const { extra, counterpart } = author.recorded(envelope, sequence);
      for (const one of extra)
        await this.#hear(one.message, { sequence: 0, timeUs: one.cause.timeUs }, sequence);
      if (counterpart) await this.#hear(counterpart.message, { sequence, timeUs }, sequence);
      return;
    }
    if (!filterMatches(this.#options.filter ?? ">", topic)) return;
    const played = isInRange ? overridden(envelope, this.#options.overrides ?? []) : envelope;
    if (played !== envelope) this.#overridden++;
    // What the bus wrote about the recorded jobs it writes anew about those that are played.
    const isOfBus = producer === BUS && type !== "JOB_RESULT" && type !== "STREAM_END";
    if (isInRange && !isOfBus) await this.#play(played, message);
    await this.#hear(played, { sequence, timeUs }, sequence);
  }

  /** Publishes a recorded message into the Reality of the replay. */
  async #play(envelope: ArqonMessage, { reality, sequence, timestampUs, type }: Message): Promise<void> {
    if (++this.#played % 1_000 === 0) this.#options.onProgress?.(this.#played);
    if (type === "JOB_RESULT") {
      this.#playback.result(envelope);
      return;
    }
    const origin = { realityId: reality, sequence: BigInt(sequence), timestampUnixUs: BigInt(timestampUs) };
    const message = envelope.type === MessageType.JOB ? await this.#playback.job(envelope) : envelope;
    await this.#pipeline.publish(unstamped(message, origin));
  }

  /** Has the operators handle a message, and those that are not recorded what follows from it. */
  async #hear(message: ArqonMessage, place: Place, at: number): Promise<void> {
    const heard: { message: ArqonMessage; place: Place }[] = [{ message, place }];
    for (let i = 0; i < heard.length; i++) {
      if (i > MAX_FOLLOWING)
        throw new ArqonError(
          "LIMIT_EXCEEDED",
          `message ${message.id} set off more than ${MAX_FOLLOWING} others`,
        );
      const next = heard[i] as (typeof heard)[number];
      const input = new ReplayInput(next.message, next.place);
      for (const one of this.#operators)
        for (const given of await one.feed(input, at)) {
          await this.#publish(given);
          if (!one.isRecorded)
            heard.push({ message: given.message, place: { sequence: 0, timeUs: given.cause.timeUs } });
        }
    }
  }

  async #publish({ message, cause }: Given): Promise<void> {
    if (cause.sequence === 0 || cause.sequence >= this.#from) await this.#pipeline.publish(message);
  }
}

/** An envelope without what the bus stamped, and with where it was recorded. */
function unstamped(
  message: ArqonMessage,
  origin: NonNullable<ArqonMessage["origin"]> | object,
): ArqonMessage {
  const logged = message.durability === Durability.SYNCED ? Durability.SYNCED : Durability.LOGGED;
  return {
    ...message,
    sequence: 0n,
    producerId: "",
    realityId: "",
    timestampUnixUs: 0n,
    vectorClock: new Uint8Array(),
    attempt: 0,
    dropped: 0n,
    leaseUntilUnixUs: 0n,
    subscription: 0,
    replyTo: "",
    durability: logged,
    origin: { $typeName: "arqon.v1.Origin", ...origin } as NonNullable<ArqonMessage["origin"]>,
  };
}
