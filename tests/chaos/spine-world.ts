/** One seeded life of a bus: random clients and operators, cut links, crashes and restarts, all in simulated time. */
import { AccessTable, type Bus, hashApiKey, startBus } from "@arqon/bus";
import { type FaultEngine, faultEngine } from "@arqon/bus/engine";
import { createRandom, ManualTime, type Random, uuidv7Generator } from "@arqon/core/base";
import { type ArqonMessage, decodeMessage } from "@arqon/core/wire";
import { History } from "./history.ts";
import { Operator, Publisher, Subscriber } from "./sim-actors.ts";
import { VirtualNet } from "./virtual-net.ts";

/** What an actor can reach. */
export interface Sim {
  readonly time: ManualTime;
  readonly random: Random;
  readonly history: History;
  readonly newId: () => string;
  /** The net of the present server. */
  net(): VirtualNet;
  /** Counts the starts of the server. */
  life(): number;
  /** The last phase: everyone behaves. */
  calm(): boolean;
}

/** A passive part of the world that moves when its turn comes. */
export interface Actor {
  step(): void;
  cut(): void;
}

const ALL = ["can_publish:>", "can_subscribe:>", "can_execute:>"];

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
  const random = createRandom(BigInt(seed));
  const time = new ManualTime();
  const engine: FaultEngine = faultEngine(seed, time, { late: 0.3, append: 0.01, sync: 0.003, key: 0.01 });
  const history = new History();
  const nowMs = (): number => time.monotonicMs();
  let net = new VirtualNet(time, random, nowMs);
  let lives = 0;
  let calm = false;
  let alive = { yes: false };
  let bus: Bus | undefined;

  const sim: Sim = {
    time,
    random,
    history,
    newId: uuidv7Generator(time, (bytes) => Uint8Array.from({ length: bytes }, () => random.nextInt(256))),
    net: () => net,
    life: () => lives,
    calm: () => calm,
  };

  let cancelStart = (): void => {};
  const startIn = (delayMs: number): void => {
    cancelStart();
    cancelStart = time.after(delayMs, start);
  };
  const start = (): void => {
    const own = { yes: true };
    alive = own;
    lives++;
    net = new VirtualNet(time, random, nowMs);
    const guarded = {
      after: (delayMs: number, call: () => void) => time.after(delayMs, () => own.yes && call()),
    };
    startBus({
      engine,
      net,
      clock: time,
      timer: guarded,
      defer: (call) => void guarded.after(0, call),
      entropy: (bytes) => Uint8Array.from({ length: bytes }, () => random.nextInt(256)),
      access: simAccess(),
      realities: ["sim"],
      port: 1,
      limits: {
        jobs: { leaseMs: 60, backoffMs: [5, 20], cancelGraceMs: 30, maxAttempts: 3 },
        shield: { heartbeatMs: 1e9, outboundBytes: 65_536 },
        maxCommitBytes: 4_096,
      },
    }).then(
      (started) => {
        if (own.yes) bus = started;
      },
      () => {
        // The engine refused, e.g. a key write: the server is started again.
        if (own.yes) startIn(10);
      },
    );
  };
  const crash = (model: "kill" | "power"): void => {
    alive.yes = false;
    bus = undefined;
    history.crashed(model);
    net.cutAll();
    engine.crash(model);
    startIn(1 + random.nextInt(20));
  };
  const run = async (untilMs: number): Promise<void> => {
    while (time.monotonicMs() < untilMs) {
      const due = time.nextDueMs();
      time.advance(Math.min(due ?? Number.POSITIVE_INFINITY, untilMs - time.monotonicMs()));
      await settle();
    }
  };

  start();
  const actors: Actor[] = [
    new Publisher(sim),
    new Publisher(sim),
    new Subscriber(sim, ""),
    new Subscriber(sim, "group"),
    new Subscriber(sim, "group"),
    new Operator(sim, "foreign", "sim.jobs"),
    new Operator(sim, "foreign", "*.jobs"),
    new Operator(sim, "sealer", "seal.jobs"),
  ];
  const stepsMs = 200 + random.nextInt(300);
  const stepSome = (): void => {
    (actors[random.nextInt(actors.length)] as Actor).step();
    if (time.monotonicMs() < stepsMs) time.after(1 + random.nextInt(5), stepSome);
  };
  time.after(5, stepSome);
  for (let i = random.nextInt(4); i > 0; i--)
    time.after(random.nextInt(stepsMs), () => (actors[random.nextInt(actors.length)] as Actor).cut());
  for (let i = random.nextInt(3); i > 0; i--)
    time.after(random.nextInt(stepsMs), () => crash(random.nextInt(2) === 0 ? "kill" : "power"));
  await run(stepsMs + 50);

  // The last phase: a restart, no more misfortune, and time to finish.
  engine.rates = { append: 0, sync: 0, key: 0, late: 0.3 };
  calm = true;
  crash("kill");
  const endMs = time.monotonicMs() + 800;
  const stepAll = (): void => {
    for (const actor of actors) actor.step();
    if (time.monotonicMs() < endMs - 200) time.after(40, stepAll);
  };
  time.after(30, stepAll);
  await run(endMs);
  const unfinished = (): Readonly<Record<string, number>> => {
    const { SUBMITTED = 0, LEASED = 0, RUNNING = 0 } = bus?.stats().realities[0]?.jobs ?? {};
    return { SUBMITTED, LEASED, RUNNING };
  };
  const waiting = (): boolean => Object.values(unfinished()).some((count) => count > 0);
  for (let i = 0; i < 20 && waiting(); i++) await run(time.monotonicMs() + 100);
  const jobs = unfinished();
  const closing = bus?.close();
  await run(time.monotonicMs() + 3_000);
  await Promise.race([closing, settle()]);

  let stored: ArqonMessage[] | undefined;
  const reading = engine
    .openLog("sim")
    .then((log) =>
      log.read({
        fromSequence: 0,
        toSequence: Number.MAX_SAFE_INTEGER,
        maxRecords: 1_000_000,
        maxBytes: Number.MAX_SAFE_INTEGER,
      }),
    )
    .then((records) => {
      stored = records.map((record) => decodeMessage(record.bytes));
    });
  while (stored === undefined) await run(time.monotonicMs() + 10);
  await reading;
  return history.judge(stored, jobs);
}
