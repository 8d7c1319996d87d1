/**
 * One seeded life of a bus: random clients and operators, cut links, crashes and restarts, a second server over the first,
 * bad disks and a clock that jumps, all in simulated time. It uses nothing of the bus but its wire and its start.
 */
import { AccessTable, type Bus, hashApiKey, startBus } from "@arqon/bus";
import type { Engine } from "@arqon/bus/engine";
import { type Clock, createRandom, ManualTime, type Random, uuidv7Generator } from "@arqon/core/base";
import { type ArqonMessage, decodeMessage } from "@arqon/core/wire";
import { History } from "./history.ts";
import { Operator, Publisher, Subscriber } from "./sim-actors.ts";
import { isDamage, type SimStore, simStore } from "./sim-stores.ts";
import { VirtualNet } from "./virtual-net.ts";

/** What an actor can reach. */
export interface Sim {
  readonly time: ManualTime;
  readonly random: Random;
  readonly history: History;
  readonly newId: () => string;
  /** The wall clock, which jumps. */
  nowUs(): number;
  /** The net of the present server. */
  net(): VirtualNet;
  /** The last phase: everyone behaves. */
  calm(): boolean;
}

/** A passive part of the world that moves when its turn comes. */
export interface Actor {
  step(): void;
  cut(): void;
}

/** One start of the server. */
interface Life {
  isAlive: boolean;
  readonly net: VirtualNet;
}

const ALL = ["can_publish:>", "can_subscribe:>", "can_execute:>"];
const WHOLE = { fromSequence: 0, toSequence: Number.MAX_SAFE_INTEGER, maxRecords: 1e6, maxBytes: 1e12 };
/** Farthest the wall clock goes astray; less than the duplicate window. */
const ASTRAY_US = 40_000_000;

function simAccess(): AccessTable {
  return new AccessTable(
    ["user", "foreign", "sealer"].map((id) => ({
      principal: { id, tenant: "sim", trusted: id === "sealer", capabilities: ALL },
      keyHashes: [hashApiKey(`key-${id}`)],
    })),
  );
}

/** Lets everything that was promised happen. */
const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Lives one seed through. @returns what was wrong, in words; empty when nothing was. */
export async function live(seed: number): Promise<readonly string[]> {
  return new World(seed).live();
}

class World implements Sim {
  readonly time = new ManualTime();
  readonly random: Random;
  readonly history = new History();
  readonly newId: () => string;
  readonly #store: SimStore;
  readonly #clock: Clock;
  readonly #lives: Life[] = [];
  readonly #actors: Actor[];
  #astrayUs = 0;
  #bus: Bus | undefined;
  #isCalm = false;
  #isDamaged = false;
  #cancelStart = (): void => {};

  constructor(seed: number) {
    this.random = createRandom(BigInt(seed));
    this.#store = simStore(seed, this.time, createRandom(BigInt(seed), 2n));
    this.#clock = { nowUs: () => this.nowUs(), monotonicMs: () => this.time.monotonicMs() };
    this.newId = uuidv7Generator(this.time, (bytes) => this.#entropy(bytes));
    this.#actors = [
      new Publisher(this),
      new Publisher(this),
      new Subscriber(this, ""),
      new Subscriber(this, ""),
      new Subscriber(this, "group"),
      new Subscriber(this, "group"),
      new Operator(this, "foreign", "sim.jobs"),
      new Operator(this, "foreign", "*.jobs"),
      new Operator(this, "sealer", "seal.jobs"),
    ];
  }

  nowUs(): number {
    return this.time.nowUs() + this.#astrayUs;
  }

  net(): VirtualNet {
    return (this.#lives.at(-1) as Life).net;
  }

  calm(): boolean {
    return this.#isCalm;
  }

  async live(): Promise<readonly string[]> {
    const { random, time } = this;
    const stepsMs = 200 + random.nextInt(300);
    const some = (most: number, call: () => void): void => {
      for (let i = random.nextInt(most); i > 0; i--) time.after(random.nextInt(stepsMs), call);
    };
    const stepSome = (): void => {
      this.#anyone().step();
      if (time.monotonicMs() < stepsMs) time.after(1 + random.nextInt(5), stepSome);
    };
    this.#start();
    time.after(5, stepSome);
    some(4, () => this.#anyone().cut());
    some(3, () => this.#crash(random.nextInt(2) === 0 ? "kill" : "power"));
    some(3, () => {
      this.#astrayUs = random.nextInt(2 * ASTRAY_US) - ASTRAY_US;
    });
    some(4, () => this.#store.change());
    if (this.#store.isShared) some(2, () => this.#overtake());
    await this.#run(stepsMs + 50);

    // The last phase: a restart, no more misfortune, and time to finish.
    this.#store.calm();
    this.#isCalm = true;
    this.#crash("kill");
    const endMs = time.monotonicMs() + 800;
    const stepAll = (): void => {
      for (const actor of this.#actors) actor.step();
      if (time.monotonicMs() < endMs - 200) time.after(40, stepAll);
    };
    time.after(30, stepAll);
    await this.#run(endMs);
    for (let i = 0; i < 20 && this.#isWaiting(); i++) await this.#run(time.monotonicMs() + 100);
    const jobs = this.#unfinished();
    const closing = this.#bus?.close();
    await this.#run(time.monotonicMs() + 3_000);
    await Promise.race([closing, settle()]);
    return this.history.judge(await this.#stored(), jobs);
  }

  #anyone(): Actor {
    return this.#actors[this.random.nextInt(this.#actors.length)] as Actor;
  }

  #entropy(bytes: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: bytes }, () => this.random.nextInt(256));
  }

  #startIn(delayMs: number): void {
    this.#cancelStart();
    this.#cancelStart = this.time.after(delayMs, () => this.#start());
  }

  #start(): void {
    const { time } = this;
    const net = new VirtualNet(time, this.random, () => time.monotonicMs(), this.#lives.length + 1);
    const life: Life = { isAlive: true, net };
    this.#lives.push(life);
    const timer = {
      after: (delayMs: number, call: () => void) => time.after(delayMs, () => life.isAlive && call()),
    };
    this.#store
      .open(timer)
      .then((engine) => this.#startBus(engine, net, timer))
      .then(
        (bus) => {
          if (life.isAlive) this.#bus = bus;
        },
        (thrown) => {
          if (!life.isAlive) return;
          // The engine refused, e.g. a key write: the process ends, and the server is started again.
          if (isDamage(thrown)) this.#isDamaged = true;
          else if (this.#store.isShared) this.#startIn(10);
          else this.#crash("kill");
        },
      );
  }

  #startBus(engine: Engine, net: VirtualNet, timer: { after: ManualTime["after"] }): Promise<Bus> {
    return startBus({
      engine,
      net,
      clock: this.#clock,
      timer,
      defer: (call) => void timer.after(0, call),
      entropy: (bytes) => this.#entropy(bytes),
      access: simAccess(),
      realities: ["sim"],
      port: 1,
      limits: {
        jobs: { leaseMs: 60, backoffMs: [5, 20], cancelGraceMs: 30, maxAttempts: 3 },
        shield: { heartbeatMs: 1e9, outboundBytes: 65_536 },
        maxCommitBytes: 4_096,
      },
    });
  }

  #crash(model: "kill" | "power"): void {
    this.#bus = undefined;
    this.history.crashed(model, this.#store.lies);
    for (const life of this.#lives) life.isAlive = false;
    for (const { net } of this.#lives) net.cutAll();
    this.#store.crash(model);
    this.#startIn(1 + this.random.nextInt(20));
  }

  /** A second server opens the log while the first still serves; the first is ended later. */
  #overtake(): void {
    const old = this.#lives.at(-1) as Life;
    if (!old.isAlive) return;
    this.#start();
    for (const actor of this.#actors) if (this.random.nextInt(2) === 0) actor.cut();
    this.time.after(5 + this.random.nextInt(60), () => {
      old.isAlive = false;
      old.net.cutAll();
    });
  }

  async #run(untilMs: number): Promise<void> {
    const { time } = this;
    while (time.monotonicMs() < untilMs) {
      const due = time.nextDueMs();
      time.advance(Math.min(due ?? Number.POSITIVE_INFINITY, untilMs - time.monotonicMs()));
      await settle();
    }
  }

  #unfinished(): Readonly<Record<string, number>> {
    const { SUBMITTED = 0, LEASED = 0, RUNNING = 0 } = this.#bus?.stats().realities[0]?.jobs ?? {};
    return { SUBMITTED, LEASED, RUNNING };
  }

  #isWaiting(): boolean {
    return Object.values(this.#unfinished()).some((count) => count > 0);
  }

  /** The log at the end; `undefined` when it says that it is damaged. */
  async #stored(): Promise<ArqonMessage[] | undefined> {
    if (this.#isDamaged) return undefined;
    for (const life of this.#lives) life.isAlive = false;
    this.#store.crash("kill");
    let stored: ArqonMessage[] | undefined;
    let isOver = false;
    this.#store
      .open(this.time)
      .then((engine) => engine.openLog("sim"))
      .then((log) => log.read(WHOLE))
      .then((records) => {
        stored = records.map((record) => decodeMessage(record.bytes));
      })
      .catch((thrown) => {
        if (!isDamage(thrown)) throw thrown;
      })
      .finally(() => {
        isOver = true;
      });
    while (!isOver) await this.#run(this.time.monotonicMs() + 10);
    return stored;
  }
}
