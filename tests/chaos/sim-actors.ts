/** Who lives in the simulated world: publishers that insist, subscribers that note, operators that do as they please. */
import {
  type ArqonMessage,
  Durability,
  decodeMessage,
  Effect,
  JobResultSchema,
  JobSchema,
  JobStatus,
  MessageType,
  messageWith,
  type Op,
  StringValueSchema,
} from "@arqon/core/wire";
import type { Received } from "./judge-deliveries.ts";
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
    if (this.client === undefined) {
      const features = ["ack-ranges", "packing"].filter(() => this.sim.random.nextInt(2) === 0);
      this.client = SimClient.connect(this.sim.net(), this.#principal, features, this.sim.newId, this);
    }
    if (this.client?.open) this.act(this.client);
  }

  cut(): void {
    this.client?.stream.cut();
  }

  closed(client: SimClient): void {
    if (this.client === client) this.client = undefined;
  }

  protected abstract act(client: SimClient): void;
  protected abstract begin(client: SimClient): void;

  welcomed(client: SimClient, epoch: string): void {
    this.sim.history.welcomed(epoch);
    this.begin(client);
  }

  message(_client: SimClient, _message: ArqonMessage): void {}
  op(_client: SimClient, _op: Op): void {}
  dropped(_client: SimClient, _messages: number): void {}
}

/** Publishes events and jobs; repeats with the same id until what wants an acknowledgement has one. */
export class Publisher extends Connected {
  readonly #pending = new Map<string, ArqonMessage>();
  readonly #sent = new Map<string, ArqonMessage>();

  constructor(sim: Sim) {
    super(sim, "user");
  }

  protected begin(client: SimClient): void {
    for (const message of this.#pending.values()) client.publish(message);
  }

  protected act(client: SimClient): void {
    const { random, newId } = this.sim;
    for (const message of [...this.#pending.values()].slice(0, 3)) client.publish(message);
    if (this.sim.calm()) return;
    for (let i = 1 + random.nextInt(4); i > 0; i--) {
      const message = random.nextInt(4) === 0 ? this.#job(newId()) : this.#event(newId());
      this.sim.history.sent(message);
      if (message.type === MessageType.JOB || message.durability >= Durability.LOGGED) {
        this.#pending.set(message.id, message);
        this.#sent.set(message.id, message);
        client.publish(message);
      } else client.send(message);
    }
  }

  #event(id: string): ArqonMessage {
    const { random } = this.sim;
    const topic = random.nextInt(3) === 0 ? "sim.shared.work" : `sim.plain.t${random.nextInt(3)}`;
    const durability = (1 + random.nextInt(3)) as Durability;
    const text = id.repeat(random.nextInt(12));
    return messageWith({ id, topic, durability, type: MessageType.EVENT }, StringValueSchema, {
      value: text,
    });
  }

  #job(id: string): ArqonMessage {
    const effect = [Effect.PURE, Effect.IDEMPOTENT, Effect.PHYSICAL][this.sim.random.nextInt(3)] as Effect;
    const deadlineUnixUs =
      this.sim.random.nextInt(5) === 0 ? BigInt(this.sim.nowUs() + this.sim.random.nextInt(200_000)) : 0n;
    this.sim.history.submitted(id, effect === Effect.PHYSICAL);
    return messageWith({ id, topic: "sim.jobs", type: MessageType.JOB }, JobSchema, {
      effect,
      deadlineUnixUs,
      capsule: { schema: "sim.v1", program: new Uint8Array([1]) },
    });
  }

  override op(client: SimClient, { op }: Op): void {
    if (op.case === "publishAck") {
      const { messageId, sequence, duplicate, count } = op.value;
      const ids = client.answered(messageId, Math.max(1, count));
      for (const [i, id] of ids.entries())
        this.#acknowledged(client, id, Number(sequence) - (ids.length - 1 - i), duplicate);
    } else if (op.case === "error" && op.value.messageId !== "") {
      client.answered(op.value.messageId, 1);
      if (op.value.code === "JOB_EXPIRED" || op.value.code === "JOB_CONFLICT")
        this.#pending.delete(op.value.messageId);
    }
  }

  #acknowledged(client: SimClient, id: string, sequence: number, duplicate: boolean): void {
    const message = this.#sent.get(id);
    if (message === undefined) return;
    this.#pending.delete(id);
    const synced = message.type === MessageType.JOB || message.durability === Durability.SYNCED;
    this.sim.history.acknowledged(client.line, id, sequence, synced, duplicate);
    if (message.type === MessageType.JOB && this.sim.random.nextInt(6) === 0)
      client.ask({ case: "jobCancel", value: { jobId: id, reason: "as it pleases" } });
  }
}

/** Subscribes and notes what comes. */
export class Subscriber extends Connected {
  readonly #group: string;
  #received: Received | undefined;
  #mark = "";
  readonly #asked = new Map<bigint, ReadonlyMap<string, number>>();

  constructor(sim: Sim, group: string) {
    super(sim, "user");
    this.#group = group;
  }

  protected begin(client: SimClient): void {
    this.#received = this.sim.history.listening(client.line.life, this.#group);
    const filter = this.#group === "" ? "sim.>" : "sim.shared.*";
    client.ask({ case: "subscribe", value: { subscription: 1, filter, queueGroup: this.#group } });
    // A second filter that matches the same must not bring anything twice.
    if (this.#group === "")
      client.ask({ case: "subscribe", value: { subscription: 2, filter: "sim.plain.>" } });
  }

  override closed(client: SimClient): void {
    if (this.client === client && this.#received) this.#received.isWhole = false;
    this.#asked.clear();
    super.closed(client);
  }

  protected act(client: SimClient): void {
    if (this.sim.random.nextInt(4) > 0) client.ask({ case: "ping", value: {} });
    else {
      const due = this.sim.history.asking(client.line);
      const corr = client.ask({ case: "historyGet", value: { filter: ">", limit: 200 } });
      this.#asked.set(corr, due);
    }
  }

  override op(client: SimClient, { corr, op }: Op): void {
    if (op.case === "historyPage") {
      const { messages, nextSequence } = op.value;
      const due = this.#asked.get(corr) ?? new Map();
      this.sim.history.page(messages.map(decodeMessage), nextSequence === 0n, due);
    }
    if (op.case === "done" && corr === (this.#group === "" ? 3n : 2n)) {
      // What is stamped after this mark was stamped after the subscription.
      this.#mark = this.sim.newId();
      const durability = Durability.LOGGED;
      const mark = messageWith(
        { id: this.#mark, topic: "mark.of.subscriber", durability, type: MessageType.EVENT },
        StringValueSchema,
        { value: "" },
      );
      this.sim.history.sent(mark);
      client.send(mark);
    } else if (op.case === "publishAck" && op.value.messageId === this.#mark && this.#received)
      this.#received.since = Number(op.value.sequence);
  }

  override dropped(_client: SimClient, messages: number): void {
    if (this.#received) this.#received.dropped += messages;
  }

  override message(client: SimClient, message: ArqonMessage): void {
    const sequence = Number(message.sequence);
    this.sim.history.got(client.line.life, message);
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

  protected begin(client: SimClient): void {
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
    history.got(client.line.life, job, false);
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
    const result = messageWith(
      { id, topic: job.topic.replace(/jobs$/, "results"), type: MessageType.JOB_RESULT },
      JobResultSchema,
      {
        jobId: job.id,
        attempt: job.attempt,
        status: JobStatus.SUCCEEDED,
        artifactId: job.topic === "seal.jobs" ? "sha256:sealed" : "",
      },
    );
    this.sim.history.sent(result);
    client.publish(result);
  }

  override op(client: SimClient, { op }: Op): void {
    if (op.case === "error" && op.value.messageId !== "") client.answered(op.value.messageId, 1);
    if (op.case !== "publishAck") return;
    const { messageId, sequence, duplicate, count } = op.value;
    const ids = client.answered(messageId, Math.max(1, count));
    for (const [i, id] of ids.entries()) {
      const jobId = this.#results.get(id);
      if (jobId === undefined) continue;
      this.sim.history.resultTaken(jobId, id);
      const at = Number(sequence) - (ids.length - 1 - i);
      this.sim.history.acknowledged(client.line, id, at, true, duplicate);
    }
  }
}
