/** Who lives in the simulated world: publishers that insist, subscribers that note, operators that do as they please. */
import {
  type ArqonMessage,
  Durability,
  Effect,
  JobResultSchema,
  JobSchema,
  JobStatus,
  MessageType,
  messageWith,
  type Op,
  StringValueSchema,
} from "@arqon/core/wire";
import type { Received } from "./history.ts";
import { SimClient, type SimEvents } from "./sim-client.ts";
import type { Actor, Sim } from "./spine-world.ts";

/** Keeps a connection, and makes a new one when its turn comes. */
abstract class Connected implements Actor, SimEvents {
  protected readonly sim: Sim;
  protected client: SimClient | undefined;
  readonly #principal: string;

  constructor(sim: Sim, principal: string) {
    this.sim = sim;
    this.#principal = principal;
  }

  step(): void {
    if (this.client === undefined)
      this.client = SimClient.connect(this.sim.net(), this.#principal, this.sim.newId, this);
    else if (this.client.open) this.act(this.client);
  }

  cut(): void {
    this.client?.stream.cut();
  }

  closed(client: SimClient): void {
    if (this.client === client) this.client = undefined;
  }

  protected abstract act(client: SimClient): void;
  abstract welcomed(client: SimClient): void;
  message(_client: SimClient, _message: ArqonMessage): void {}
  op(_client: SimClient, _op: Op): void {}
}

/** Publishes events and jobs; repeats with the same id until what wants an acknowledgement has one. */
export class Publisher extends Connected {
  readonly #pending = new Map<string, ArqonMessage>();

  constructor(sim: Sim) {
    super(sim, "user");
  }

  welcomed(client: SimClient): void {
    for (const message of this.#pending.values()) client.send(message);
  }

  protected act(client: SimClient): void {
    const { random, newId } = this.sim;
    for (const message of [...this.#pending.values()].slice(0, 3)) client.send(message);
    if (this.sim.calm()) return;
    for (let i = 1 + random.nextInt(4); i > 0; i--) {
      const message = random.nextInt(4) === 0 ? this.#job(newId()) : this.#event(newId());
      if (message.type === MessageType.JOB || message.durability >= Durability.LOGGED)
        this.#pending.set(message.id, message);
      client.send(message);
    }
  }

  #event(id: string): ArqonMessage {
    const { random } = this.sim;
    const topic = random.nextInt(3) === 0 ? "sim.shared.work" : `sim.plain.t${random.nextInt(3)}`;
    const durability = (1 + random.nextInt(3)) as Durability;
    const text = "x".repeat(random.nextInt(400));
    return messageWith({ id, topic, durability, type: MessageType.EVENT }, StringValueSchema, {
      value: text,
    });
  }

  #job(id: string): ArqonMessage {
    const effect = [Effect.PURE, Effect.IDEMPOTENT, Effect.PHYSICAL][this.sim.random.nextInt(3)] as Effect;
    const deadlineUnixUs =
      this.sim.random.nextInt(5) === 0
        ? BigInt(this.sim.time.nowUs() + this.sim.random.nextInt(200_000))
        : 0n;
    this.sim.history.submitted(id, effect === Effect.PHYSICAL);
    return messageWith({ id, topic: "sim.jobs", type: MessageType.JOB }, JobSchema, {
      effect,
      deadlineUnixUs,
      capsule: { schema: "sim.v1", program: new Uint8Array([1]) },
    });
  }

  override op(client: SimClient, { op }: Op): void {
    if (op.case === "publishAck") {
      const message = this.#pending.get(op.value.messageId);
      if (message === undefined) return;
      this.#pending.delete(op.value.messageId);
      const synced = message.type === MessageType.JOB || message.durability === Durability.SYNCED;
      this.sim.history.acknowledged(message.id, Number(op.value.sequence), synced);
      if (!op.value.duplicate) this.sim.history.saw(this.sim.life(), Number(op.value.sequence));
      if (message.type === MessageType.JOB && this.sim.random.nextInt(6) === 0)
        client.ask({ case: "jobCancel", value: { jobId: message.id, reason: "as it pleases" } });
    } else if (op.case === "error" && (op.value.code === "JOB_EXPIRED" || op.value.code === "JOB_CONFLICT"))
      this.#pending.delete(op.value.messageId);
  }
}

/** Subscribes and notes what comes. */
export class Subscriber extends Connected {
  readonly #group: string;
  #received: Received | undefined;
  #mark = "";

  constructor(sim: Sim, group: string) {
    super(sim, "user");
    this.#group = group;
  }

  welcomed(client: SimClient): void {
    this.#received = this.sim.history.listening(this.sim.life(), this.#group);
    const filter = this.#group === "" ? "sim.>" : "sim.shared.*";
    client.ask({ case: "subscribe", value: { subscription: 1, filter, queueGroup: this.#group } });
    // A second filter that matches the same must not bring anything twice.
    if (this.#group === "")
      client.ask({ case: "subscribe", value: { subscription: 2, filter: "sim.plain.>" } });
  }

  protected act(client: SimClient): void {
    client.ask({ case: "ping", value: {} });
  }

  override op(client: SimClient, { corr, op }: Op): void {
    if (op.case === "done" && corr === (this.#group === "" ? 3n : 2n)) {
      // What is stamped after this mark was stamped after the subscription.
      this.#mark = this.sim.newId();
      const durability = Durability.LOGGED;
      client.send(
        messageWith(
          { id: this.#mark, topic: "mark.of.subscriber", durability, type: MessageType.EVENT },
          StringValueSchema,
          { value: "" },
        ),
      );
    } else if (op.case === "publishAck" && op.value.messageId === this.#mark && this.#received)
      this.#received.since = Number(op.value.sequence);
  }

  override message(_client: SimClient, message: ArqonMessage): void {
    const sequence = Number(message.sequence);
    this.sim.history.saw(this.sim.life(), sequence);
    const logged =
      message.durability >= Durability.LOGGED ||
      message.type === MessageType.JOB ||
      message.type === MessageType.JOB_RESULT;
    this.#received?.[logged ? "logged" : "ephemeral"].push({ id: message.id, sequence });
  }
}

/** Leases jobs, and finishes, forgets, delays, repeats or gives them back. */
export class Operator extends Connected {
  readonly #filter: string;
  readonly #results = new Map<string, string>();

  constructor(sim: Sim, principal: string, filter: string) {
    super(sim, principal);
    this.#filter = filter;
  }

  welcomed(client: SimClient): void {
    client.ask({
      case: "subscribe",
      value: { subscription: 3, filter: this.#filter, queueGroup: "workers", maxInFlight: 2 },
    });
  }

  protected act(client: SimClient): void {
    client.ask({ case: "ping", value: {} });
  }

  override message(client: SimClient, job: ArqonMessage): void {
    if (job.type !== MessageType.JOB) return;
    const { history, random, time } = this.sim;
    history.leased(job.id, job.attempt);
    const later = (delayMs: number, call: () => void): void => void time.after(delayMs, call);
    const choice = this.sim.calm() ? 0 : random.nextInt(10);
    if (choice < 5) later(random.nextInt(10), () => this.#finish(client, job));
    else if (choice === 5) {
      for (const atMs of [20, 60, 100])
        later(atMs, () =>
          client.ask({ case: "jobExtend", value: { jobId: job.id, attempt: job.attempt, progress: 0.5 } }),
        );
      later(120, () => this.#finish(client, job));
    } else if (choice === 6)
      client.ask({
        case: "jobRelease",
        value: { jobId: job.id, attempt: job.attempt, reason: "no", delayMs: 3 },
      });
    else if (choice === 7) later(90, () => this.#finish(client, job));
    else if (choice === 8) {
      this.#finish(client, job);
      this.#finish(client, job);
    }
  }

  #finish(client: SimClient, job: ArqonMessage): void {
    const id = this.sim.newId();
    this.#results.set(id, job.id);
    client.send(
      messageWith(
        { id, topic: job.topic.replace(/jobs$/, "results"), type: MessageType.JOB_RESULT },
        JobResultSchema,
        {
          jobId: job.id,
          attempt: job.attempt,
          status: JobStatus.SUCCEEDED,
          artifactId: job.topic === "seal.jobs" ? "sha256:sealed" : "",
        },
      ),
    );
  }

  override op(_client: SimClient, { op }: Op): void {
    if (op.case !== "publishAck") return;
    const jobId = this.#results.get(op.value.messageId);
    if (jobId === undefined) return;
    this.sim.history.resultTaken(jobId, op.value.messageId);
    this.sim.history.acknowledged(op.value.messageId, Number(op.value.sequence), true);
  }
}
