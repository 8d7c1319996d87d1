import fc from "fast-check";
import { expect, test } from "vitest";
import { connect } from "./client.ts";
import { FakeServer } from "./fake-server.ts";

const step = fc.constantFrom("log", "log", "ephemeral", "page", "cut", "time");

test("no logged message is missing or comes twice, whatever breaks when", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(5), async (steps, before) => {
      const server = new FakeServer();
      for (let i = 0; i < before; i++) server.emit("lab.a.b");
      const client = await connect(server.options({ timeoutMs: 1e9 }));
      const subscription = await client.subscribe("lab.>", { fromSequence: 1, capacity: 3 });
      const seen: number[] = [];
      const reading = (async () => {
        for await (const message of subscription) seen.push(message.sequence);
      })();
      for (const each of steps) {
        if (each === "log") server.emit("lab.a.b");
        else if (each === "ephemeral") server.emit("lab.a.b", false);
        else if (each === "page") server.answerHistory();
        else if (each === "cut" && server.connection.isOpen) server.cut();
        else if (each === "time") server.time.advance(10_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (let quiet = 0; quiet < 3; ) {
        for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
        if (client.state === "restoring") server.time.advance(10_000);
        quiet = server.answerHistory() || client.state === "restoring" ? 0 : quiet + 1;
      }
      await client.close();
      await reading;
      const logged = server.log.map((message) => Number(message.sequence));
      const ephemeral = new Set(seen).difference(new Set(logged));
      expect(seen.filter((sequence) => !ephemeral.has(sequence))).toEqual(logged);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
    }),
    { numRuns: 150 },
  );
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
