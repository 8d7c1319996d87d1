/** One Reality: a namespace with one sequence, its subscriptions, its log and its jobs. */
import { ArqonError } from "@arqon/core/base";
import {
  type ArqonMessage,
  Durability,
  type EnvelopeHeader,
  encodeMessage,
  errorInfo,
  type HistoryGet,
  MessageType,
  type OpInit,
  opMessage,
  REPLAY_PREFIX,
  stampDelivery,
} from "@arqon/core/wire";
import type { AppendDurability, RealityLog } from "../engine/index.ts";
import { constantStamp, type Kernel, type Press } from "../kernel/index.ts";
import { classOf } from "../metrics/index.ts";
import { CausalClocks } from "./causal-clock.ts";
import { Deliveries } from "./deliveries.ts";
import { type Page, readHistory, readOne } from "./history.ts";
import type { JobRecord, Lease } from "./job.ts";
import type { JobHost, Recorded } from "./job-host.ts";
import { Jobs } from "./jobs.ts";
import { Keeper } from "./keeper.ts";
import { Lane } from "./lane.ts";
import { isEphemeral, type RealityLaws } from "./laws.ts";
import { LoggedPath } from "./logged.ts";
import { Numbers } from "./numbers.ts";
import { BUS_PRINCIPAL, type Port } from "./port.ts";
import type { RealityOptions } from "./reality-options.ts";
import type { RealityStats } from "./reality-stats.ts";
import { rebuild } from "./rebuild.ts";
import { Sequencer } from "./sequencer.ts";
import { StateIndex } from "./state-index.ts";
import { isLogged, isStream, Streams } from "./streams.ts";
import { Subscriptions } from "./subscriptions.ts";
import { TurnClock } from "./turn.ts";

/** The topic class of operations. */
const SYS = classOf("sys.session.op");

type Parts = { laws: RealityLaws; log: RealityLog; sequencer: Sequencer; index: StateIndex };

/** Sequencing, delivery, history and jobs of one namespace. */
export class Reality implements JobHost {
  readonly name: string;
  readonly laws: RealityLaws;
  readonly isReplay: boolean;
  readonly jobs: Jobs;
  readonly subscriptions: Subscriptions;
  /** The short way of plain messages, where there is a kernel. */
  readonly lane: Lane | undefined;
  readonly #options: RealityOptions;
  readonly #log: RealityLog;
  readonly #index: StateIndex;
  readonly #sequencer: Sequencer;
  readonly #numbers: Numbers;
  readonly #deliveries: Deliveries;
  readonly #logged: LoggedPath;
  readonly #keeper: Keeper;
  readonly #press: Press;
  readonly #time: TurnClock;
  readonly #busStamp: Uint8Array;
  readonly #clocks: CausalClocks;
  /** Not where a recording is played again: it may begin and end in the middle of one. */
  readonly #streams: Streams | undefined;
  #published = 0;
  #delivered = 0;

  private constructor(name: string, options: RealityOptions, { laws, log, sequencer, index }: Parts) {
    this.#index = index;
    this.name = name;
    this.laws = laws;
    this.isReplay = name.startsWith(REPLAY_PREFIX);
    this.#options = options;
    this.#log = log;
    this.#sequencer = sequencer;
    this.#numbers = new Numbers(sequencer);
    this.#press = options.press;
    this.#time = new TurnClock(options.clock, options.turn);
    this.#busStamp = constantStamp(BUS_PRINCIPAL.id, name);
    this.jobs = new Jobs(this, options.jobs, options.clock, options.timer);
    this.subscriptions = new Subscriptions(this.jobs.leases, () => this.lastSequence);
    this.#deliveries = this.#openDeliveries();
    this.#clocks = new CausalClocks(
      laws.ordering,
      () => this.#time.nowUs(),
      () => this.lastSequence,
    );
    this.#streams = this.isReplay ? undefined : new Streams((end) => this.#endStream(end));
    this.#logged = this.#openLogged();
    // Where messages are logged unless they say otherwise, none is plain.
    const kernel = laws.durability === "ephemeral" ? options.press.kernel : undefined;
    this.lane = kernel && this.#openLane(kernel);
    this.#keeper = new Keeper(laws.retention, log, this.jobs, options);
  }

  /** Opens the log, resumes the sequence, and rebuilds jobs and the duplicate window. */
  static async open(name: string, options: RealityOptions, laws: RealityLaws): Promise<Reality> {
    const log = await options.engine.openLog(name);
    const sequencer = await Sequencer.open(options.engine.keys, name, log.lastSequence);
    const index = await StateIndex.open(options.engine.keys, name, log);
    const reality = new Reality(name, options, { laws, log, sequencer, index });
    const { latestUs, deadLetters } = await rebuild(
      log,
      index,
      reality.jobs,
      reality.#streams,
      reality.#logged.windows,
      options.clock.nowUs(),
    );
    reality.#time.passed(latestUs);
    reality.jobs.resume(deadLetters);
    reality.#streams?.resume();
    await reality.#keeper.start();
    return reality;
  }

  get epoch(): string {
    return this.#log.epoch;
  }

  /** Why the log refused the newest append, if it did. */
  get trouble(): ArqonError | undefined {
    return this.#logged.trouble;
  }

  /** The number last given out. */
  get lastSequence(): number {
    return this.#sequencer.last;
  }

  stats(): RealityStats {
    return {
      reality: this.name,
      epoch: this.epoch,
      lastSequence: this.lastSequence,
      published: this.#published + this.#logged.published,
      delivered: this.#delivered,
      duplicates: this.#logged.duplicates,
      subscriptions: this.subscriptions.size,
      jobs: this.jobs.counts(),
      recovery: this.#log.recovery,
    };
  }

  // ── publishing ──

  /**
   * Takes a message whose topic and permissions were checked. The bytes are read before this returns.
   * Refusals and acknowledgements are sent to the port.
   */
  publish(port: Port, bytes: Uint8Array, header: EnvelopeHeader): void {
    try {
      if (isStream(header.type)) this.#streams?.take(port, bytes, header);
      if (this.#clocks.isPartial) this.#clocks.admit(port, bytes);
    } catch (thrown) {
      this.refuse(port, header.id, ArqonError.from(thrown));
      return;
    }
    this.#publish(port, bytes, header);
  }

  #publish(port: Port, bytes: Uint8Array, header: EnvelopeHeader): void {
    const { type } = header;
    const isJob = type === MessageType.JOB || type === MessageType.JOB_RESULT;
    if (!isJob && isEphemeral(header.durability, this.laws)) {
      const sequence = this.#numbers.take();
      if (sequence === 0) {
        this.#stall(port, bytes, header);
        return;
      }
      this.#published++;
      this.#press.stamped(bytes, sequence, port.stamp, this.#time.nowUs());
      const route = this.subscriptions.routeOf(header.topic);
      this.#deliveries.spread(route);
      if (header.replyTo === "") {
        if (!isStream(type)) this.lane?.learn(port.principal, header.topic, type, route);
      } else if (route.ports.length === 0 && route.groups.length === 0)
        this.refuse(
          port,
          header.id,
          new ArqonError("NO_RESPONDER", `nobody is subscribed to "${header.topic}"`),
        );
      return;
    }
    try {
      if (!this.#logged.publish(port, bytes, header)) this.#stall(port, bytes, header);
    } catch (thrown) {
      this.refuse(port, header.id, ArqonError.from(thrown));
    }
  }

  #endStream(end: ArqonMessage): void {
    if (!isLogged(end.durability)) this.announce(end);
    else this.record(end, end.durability === Durability.SYNCED ? "synced" : "logged", () => {});
  }

  #openLane(kernel: Kernel): Lane {
    const lane = new Lane(
      {
        nextSequence: () => this.#sequencer.last + 1,
        numbersLeft: () => this.#numbers.left,
        nowUs: () => this.#time.nowUs(),
        tookPlain: (messages, receivers) => {
          this.#sequencer.takeMany(messages);
          this.#published += messages;
          this.#delivered += messages * receivers;
        },
      },
      kernel,
      this.#press,
      this.#options.meter,
    );
    this.subscriptions.onChange = () => lane.forget();
    return lane;
  }

  /** Tells a publisher that a message was not taken. */
  refuse(port: Port, messageId: string, error: ArqonError): void {
    this.#options.meter.refused(error.code);
    this.#streams?.refused(port, messageId);
    this.send(port, 0n, { case: "error", value: errorInfo(error, messageId) });
  }

  #openLogged(): LoggedPath {
    return new LoggedPath(
      this.#log,
      {
        jobs: this.jobs,
        index: this.#index,
        nowUs: () => this.#time.nowUs(),
        take: () => this.#numbers.take(),
        whenNumbered: (call) => {
          const { failure } = this.#numbers;
          if (failure) call(failure);
          else this.#numbers.wait(() => call(undefined));
        },
        clockOf: (sequence, topic, port) => this.#clocks.stamp(sequence, topic, port),
        refuse: (port, id, error) => this.refuse(port, id, error),
        deliver: (...message) => this.#deliveries.logged(...message),
        send: (port, message) => this.#control(port, message),
      },
      this.#options,
      this.laws.durability,
    );
  }

  // ── delivery ──

  #openDeliveries(): Deliveries {
    return new Deliveries({
      log: this.#log,
      press: this.#press,
      subscriptions: this.subscriptions,
      disconnects: this.laws.slowConsumer === "disconnect",
      delivered: (topicClass, messages, bytes) => {
        this.#delivered += messages;
        this.#options.meter.out.add(topicClass, messages, bytes);
      },
      tell: (port, error) => this.send(port, 0n, { case: "error", value: errorInfo(error) }),
    });
  }

  /** Sends an operation to one connection. */
  send(port: Port, corr: bigint, op: OpInit): void {
    this.#control(port, encodeMessage(opMessage(this.#options.newId(), corr, op)));
  }

  #control(port: Port, message: Uint8Array): void {
    this.#press.ready(message);
    port.tell(this.#press);
    this.#options.meter.out.add(SYS, 1, this.#press.end - this.#press.body);
  }

  /** A connection that was too slow keeps up again: it is given what waits for it. */
  feed(port: Port): void {
    this.#deliveries.feed(port);
    this.subscriptions.feed(port);
  }

  /** A connection is gone: its leases end, and nothing is delivered to it any more. */
  drop(port: Port): void {
    this.#deliveries.drop(port);
    this.#logged.drop(port);
    this.#streams?.drop(port);
    this.jobs.forget(port);
    this.subscriptions.drop(port);
  }

  // ── history ──

  /** One page of history. @throws ArqonError `LOG_CORRUPT` */
  history(request: HistoryGet): Promise<Page> {
    return readHistory(this.#log, request);
  }

  // ── what jobs need ──

  record(message: ArqonMessage, durability: AppendDurability, done: Recorded): void {
    const { topic } = message;
    const recorded: Recorded = (error, stamped, sequence) => {
      if (!error && topic.endsWith(".jobs.dlq")) this.#options.meter.deadLetters++;
      done(error, stamped, sequence);
    };
    const envelope = encodeMessage(message);
    this.#logged.record({ envelope, constant: this.#busStamp, topic, reach: "all", durability, recorded });
  }

  submit(message: ArqonMessage, done: (error: ArqonError | undefined) => void): void {
    const envelope = encodeMessage(message);
    const { job, known } = this.jobs.admit(message, BUS_PRINCIPAL.id, envelope.length);
    if (known) {
      done(undefined);
      return;
    }
    this.#logged.record({
      envelope,
      constant: this.#busStamp,
      topic: message.topic,
      reach: "nobody",
      durability: "synced",
      recorded: (error, stamped, sequence) => {
        this.jobs.submitted(job, stamped, sequence, error);
        done(error);
      },
    });
  }

  deliver(job: JobRecord, lease: Lease, leaseUntilUs: number): void {
    const { worker, attempt } = lease;
    const bytes = job.bytes as Uint8Array;
    this.#press.ready(
      stampDelivery(bytes, { subscription: worker.number, attempt, leaseUntilUnixUs: leaseUntilUs }),
    );
    worker.port.deliver(this.#press, false);
    this.#delivered++;
    const { meter } = this.#options;
    meter.out.add(classOf(job.topic), 1, this.#press.end - this.#press.body);
    if (attempt > 1) meter.redeliveries++;
  }

  stored(sequence: number): Promise<Uint8Array> {
    return readOne(this.#log, sequence);
  }

  isTrusted(principalId: string): boolean {
    return principalId === BUS_PRINCIPAL.id || this.#options.isTrusted(principalId);
  }

  /** Publishes an event of the bus itself to whoever listens. */
  announce(message: ArqonMessage): void {
    const sequence = this.#sequencer.take();
    if (sequence === 0) return;
    this.#press.stamped(encodeMessage(message), sequence, this.#busStamp, this.#time.nowUs());
    this.#deliveries.spread(this.subscriptions.routeOf(message.topic));
  }

  // ── life ──

  /** Resolves once nothing is on its way to the log. */
  settled(): Promise<void> {
    return this.#logged.idle();
  }

  /** Gives back unused numbers and closes the log. What is on its way to the log still arrives. */
  async close(): Promise<void> {
    this.jobs.close();
    await this.#keeper.stop();
    // If this fails the numbers are skipped, no more.
    await this.#sequencer.close().catch(() => {});
    await this.#logged.idle();
    await this.#index.save();
    await this.#log.close();
  }

  #stall(port: Port, bytes: Uint8Array, header: EnvelopeHeader): void {
    const { failure } = this.#numbers;
    if (failure) {
      this.refuse(port, header.id, failure);
      return;
    }
    const copy = Buffer.from(bytes);
    const kept = { ...header };
    port.pause();
    this.#numbers.wait(() => {
      port.resume();
      this.#publish(port, copy, kept);
    });
  }
}
