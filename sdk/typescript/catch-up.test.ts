import fc from "fast-check";
import { expect, test } from "vitest";
import { connect } from "./client.ts";
import { FakeServer } from "./fake-server.ts";
import type { Message } from "./message.ts";

const step = fc.constantFrom(
  "append",
  "append",
  "commit",
  "commit",
  "ephemeral",
  "page",
  "cut",
  "time",
  "take",
);

test("no logged message is missing or comes twice, whatever breaks when", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(5), async (steps, before) => {
      const server = new FakeServer();
      for (let i = 0; i < before; i++) server.append("lab.a.b");
      for (let i = 0; i < before; i++) server.commit();
      const client = await connect(server.options({ timeoutMs: 1e9 }));
      const subscription = await client.subscribe("lab.>", { fromSequence: 1, capacity: 3 });
      const seen: Message[] = [];
      const failures = new Set<string>();
      const take = (): Promise<unknown> =>
        subscription.next({ timeoutMs: 0 }).then(
          (message) => message && seen.push(message),
          ({ code }) => failures.add(code),
        );
      for (const each of steps) {
        if (each === "append") server.append("lab.a.b");
        else if (each === "commit") server.commit();
        else if (each === "ephemeral") server.emit("lab.a.b");
        else if (each === "page") server.answerHistory();
        else if (each === "cut" && server.connection.isOpen) server.cut();
        else if (each === "time") server.time.advance(10_000);
        else if (each === "take") void take();
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (let quiet = 0; quiet < 3; ) {
        const before = seen.length;
        void take();
        for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
        server.time.advance(client.state === "restoring" ? 10_000 : 1);
        const busy = server.answerHistory() || client.state === "restoring" || seen.length > before;
        quiet = busy ? 0 : quiet + 1;
      }
      await client.close();
      const logged = seen.filter((message) => message.durability === "LOGGED");
      const expected = server.log.map((message) => Number(message.sequence));
      expect([...failures].filter((code) => code !== "DEADLINE_EXCEEDED")).toEqual([]);
      expect(logged.map(({ sequence }) => sequence)).toEqual(expected);
      const live = seen.filter((message) => message.durability === "EPHEMERAL");
      expect(new Set(live.map(({ sequence }) => sequence)).size).toBe(live.length);
    }),
    { numRuns: 300 },
  );
});

test("live messages let go for want of room are read from history", async () => {
  const server = new FakeServer();
  const client = await connect(server.options());
  const log = (count: number): void => {
    for (let i = 0; i < count; i++) {
      server.append("lab.a.b");
      server.commit();
    }
  };
  log(5);
  const subscription = await client.subscribe("lab.>", { fromSequence: 1, capacity: 3 });
  await server.settle();
  server.answerHistory(100);
  await server.settle();
  log(6);
  await server.settle();
  const seen: number[] = [];
  while (seen.length < 11) {
    seen.push((await subscription.next())?.sequence ?? -1);
    await server.settle();
    server.answerHistory(100);
    await server.settle();
  }
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  await client.close();
});

test("a consumer that falls behind live messages goes back to history, and is told what it cannot have", async () => {
  const server = new FakeServer();
  const client = await connect(server.options());
  const subscription = await client.subscribe("lab.>", { fromSequence: 1, capacity: 3 });
  await server.settle();
  server.answerHistory(100);
  await server.settle();
  for (let i = 0; i < 20; i++) {
    server.append("lab.a.b");
    server.commit();
    server.emit("lab.a.b");
  }
  await server.settle();
  const seen: Message[] = [];
  const logged = (): Message[] => seen.filter((message) => message.durability === "LOGGED");
  while (logged().length < 20) {
    seen.push((await subscription.next()) as Message);
    await server.settle();
    server.answerHistory(2);
    await server.settle();
  }
  expect(logged().map(({ sequence }) => sequence)).toEqual(
    server.log.map(({ sequence }) => Number(sequence)),
  );
  expect(seen.length - logged().length + subscription.dropped).toBeGreaterThan(0);
  await client.close();
});

test("a log that was reset ends the subscription", async () => {
  const server = new FakeServer();
  const client = await connect(server.options());
  const subscription = await client.subscribe("lab.>", { fromSequence: 1 });
  server.answerHistory();
  await server.settle();
  const received = server.received.bind(server);
  server.received = (connection, message) => {
    const { op } = connection;
    connection.op = (corr, answer) => {
      if (answer.case === "welcome") Object.assign(answer.value, { epoch: "e2" });
      op.call(connection, corr, answer);
    };
    received(connection, message);
  };
  server.cut();
  await server.settle();
  server.time.advance(10_000);
  await expect(subscription.next()).rejects.toMatchObject({ code: "HISTORY_TRIMMED" });
  await client.close();
});
