import { ManualTime, systemClock } from "@arqon/core/base";
import {
  Durability,
  encodeMessage,
  JobResultSchema,
  JobSchema,
  JobStatus,
  MessageType,
  messageWith,
} from "@arqon/core/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AccessTable, type Bus, hashApiKey } from "./front.ts";
import { newId, TestClient, testAccess, testBus, textOf } from "./testing.ts";

let bus: Bus;
let access: AccessTable;
const faults: unknown[] = [];
const note = (fault: unknown): void => {
  faults.push(fault);
};
beforeEach(async () => {
  access = testAccess();
  bus = await testBus({ access, limits: { jobs: { backoffMs: [5] } } });
  faults.length = 0;
  process.on("uncaughtException", note).on("unhandledRejection", note);
});
afterEach(async () => {
  await bus.close();
  process.off("uncaughtException", note).off("unhandledRejection", note);
  expect(faults).toEqual([]);
});

/** A turn of the whole bus: what was sent before it has arrived. */
const settle = (client: TestClient) => client.ask({ case: "ping", value: { sentUnixUs: 0n } });

describe("a reply is for its inbox only", () => {
  test("no wildcard of another connection sees it, live or in history", async () => {
    const asker = await TestClient.connect(bus.url);
    const spy = await TestClient.connect(bus.url, "other");
    const inbox = `inbox.${asker.connectionId}`;
    await asker.subscribe(1, `${inbox}.>`);
    await spy.subscribe(1, ">");
    await spy.subscribe(2, "*.*.*");
    await spy.subscribe(3, `*.${asker.connectionId}.>`, "thieves");
    expect((await spy.subscribe(4, `${inbox}.>`)).op.case).toBe("error");
    const service = await TestClient.connect(bus.url);
    const id = service.publish(`${inbox}.1`, "secret", { durability: Durability.SYNCED });
    expect(textOf(await asker.on(`${inbox}.1`))).toBe("secret");
    await settle(service);
    await settle(spy);
    expect(spy.messages.filter((message) => message.id === id)).toEqual([]);
    const history = async (client: TestClient, filter: string) => {
      const { op } = await client.ask({ case: "historyGet", value: { filter } });
      return op.case === "historyPage" ? op.value.messages.length : op.case;
    };
    expect(await history(spy, ">")).toBe(0);
    expect(await history(spy, `*.${asker.connectionId}.*`)).toBe(0);
    expect(await history(asker, `${inbox}.>`)).toBe(1);
  });
});

describe("the bus's own services", () => {
  test("answer inboxes only, so that nobody can make the bus speak elsewhere", async () => {
    const client = await TestClient.connect(bus.url);
    await client.subscribe(1, ">");
    for (const replyTo of ["lab.foo.bar", "sys.registry.changed", "inbox.>", "inbox", "no topic"])
      client.publish("sys.doctor.get", "", { replyTo });
    await settle(client);
    await settle(client);
    const topics = client.messages
      .map(({ topic }) => topic)
      .filter((topic) => !topic.startsWith("sys.session."));
    expect(new Set(topics)).toEqual(new Set(["sys.doctor.get"]));
  });

  test("are not asked anything that cannot be decoded: who sends it is sent away, nobody else notices", async () => {
    const neighbour = await TestClient.connect(bus.url, "other");
    for (const durability of [Durability.EPHEMERAL, Durability.SYNCED]) {
      const client = await TestClient.connect(bus.url);
      const envelope = { id: newId(), topic: "sys.doctor.get", type: MessageType.EVENT, durability };
      const bytes = encodeMessage(messageWith(envelope, JobSchema, {}));
      // Field 8, the payload, once more: a length that its content does not keep.
      client.socket.send(Buffer.concat([bytes, Buffer.from([0x42, 0x02, 0x0a, 0x7f])]));
      expect(await client.closed()).toBe(4501);
    }
    expect((await settle(neighbour)).op.case).toBe("pong");
  });
});

describe("seals", () => {
  test("are not leased to an operator that is not trusted, whatever its filter", async () => {
    access.put({
      principal: { id: "sub", tenant: "t", trusted: true, capabilities: ["can_publish:>", "can_execute:>"] },
      keyHashes: [hashApiKey("key-sub")],
    });
    const stranger = await TestClient.connect(bus.url, "other");
    await stranger.subscribe(1, "*.jobs", "g", 1);
    const trusted = await TestClient.connect(bus.url, "sub");
    const id = newId();
    trusted.send(
      messageWith({ id, topic: "seal.jobs", type: MessageType.JOB }, JobSchema, {
        capsule: { schema: "test.v1" },
      }),
    );
    await trusted.op(({ op }) => op.case === "publishAck");
    const sealer = await TestClient.connect(bus.url, "sealer");
    await sealer.subscribe(1, "seal.jobs", "g", 1);
    expect((await sealer.on("seal.jobs")).id).toBe(id);
    expect(stranger.messages.some((message) => message.id === id)).toBe(false);
  });
});

describe("a connection that is being closed", () => {
  test("receives nothing after the close frame, holds no lease, and is told why", async () => {
    await bus.close();
    // Time stands still: a peer that does not answer the close frame is waited for.
    const time = new ManualTime(systemClock.nowUs());
    bus = await testBus({ access, timer: time, clock: time, limits: { jobs: { backoffMs: [5] } } });
    const worker = await TestClient.connect(bus.url, "other");
    // Those of the bus itself.
    const subscriptions = bus.stats().realities[0]?.subscriptions;
    await worker.subscribe(1, "lab.jobs", "g", 1);
    await worker.subscribe(2, "lab.>");
    const lab = await TestClient.connect(bus.url);
    const id = newId();
    const job = messageWith({ id, topic: "lab.jobs", type: MessageType.JOB }, JobSchema, {
      capsule: { schema: "test.v1" },
    });
    lab.send(job);
    await worker.next((message) => message.attempt === 1);
    // The peer keeps its side open: it reads no close frame, so that only the server's side ends.
    worker.socket.pause();
    access.remove("other");
    const next = await TestClient.connect(bus.url, "sealer");
    await next.subscribe(1, "lab.jobs", "g", 1);
    time.advance(10);
    expect((await next.next((message) => message.id === id)).attempt).toBe(2);
    expect(bus.stats().connections).toBe(3);
    expect(bus.stats().realities[0]?.subscriptions).toBe(subscriptions);
    const finished = messageWith(
      { id: newId(), topic: "lab.results", type: MessageType.JOB_RESULT },
      JobResultSchema,
      { jobId: id, attempt: 2, status: JobStatus.SUCCEEDED },
    );
    next.send(finished);
    worker.socket.resume();
    expect(await worker.closed()).toBe(4502);
    expect(worker.messages.some(({ topic }) => topic === "lab.results")).toBe(false);
  });
});
