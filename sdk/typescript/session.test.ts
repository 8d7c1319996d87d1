import { ArqonError } from "@arqon/core/base";
import { errorInfo, JobStatus, opMessage } from "@arqon/core/wire";
import { expect, test } from "vitest";
import { connect } from "./client.ts";
import { FakeServer } from "./fake-server.ts";

async function reconnected(server: FakeServer): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await server.settle();
    server.time.advance(10_000);
  }
  await server.settle();
}

test("hello carries the key and the Reality, and the welcome is seen", async () => {
  const server = new FakeServer();
  const client = await connect(server.options({ reality: "lab1" }));
  expect(server.heard[0]).toMatchObject({ case: "hello", value: { apiKey: "key", reality: "lab1" } });
  expect(client.principal).toBe("tester");
  await client.close();
});

test("a first connection that fails is told at once", async () => {
  const server = new FakeServer();
  server.refusing = true;
  await expect(connect(server.options())).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
});

test("a server that never answers hello is given up after the timeout", async () => {
  const server = new FakeServer();
  server.received = () => {};
  const connecting = connect(server.options({ timeoutMs: 500 }));
  await server.settle();
  server.time.advance(501);
  await expect(connecting).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
});

test("an unacknowledged publication is sent again with the same id, an ephemeral one is not", async () => {
  const server = new FakeServer();
  server.acknowledges = false;
  const client = await connect(server.options());
  await client.publish("lab.a.b", 1);
  const logged = client.publish("lab.a.c", 2, { durability: "logged" });
  await server.settle();
  expect(server.published.map(({ topic }) => topic)).toEqual(["lab.a.b", "lab.a.c"]);
  server.cut();
  server.acknowledges = true;
  await server.settle();
  await expect(client.publish("lab.a.b", 3)).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  const waiting = client.publish("lab.a.d", 4, { durability: "synced" });
  await reconnected(server);
  expect((await logged).id).toBe(server.published[1]?.id);
  expect((await waiting).duplicate).toBe(false);
  expect(server.published.slice(2).map(({ topic }) => topic)).toEqual(["lab.a.c", "lab.a.d"]);
  expect(server.published[2]?.id).toBe(server.published[1]?.id);
  await client.close();
});

test("subscriptions and job watches are made again", async () => {
  const server = new FakeServer();
  server.answer = (connection, corr, op) => {
    if (op.case === "jobGet")
      connection.op(corr, { case: "jobState", value: { jobId: op.value.jobId, status: JobStatus.RUNNING } });
  };
  const client = await connect(server.options());
  const lab = await client.subscribe("lab.>");
  const watched = client.job("01890a5d-ac96-774b-bcce-b302099a8057").finished();
  await server.settle();
  server.cut();
  await reconnected(server);
  expect(server.connections).toHaveLength(2);
  expect(server.heard.map((op) => op.case)).toEqual([
    "hello",
    "subscribe",
    "jobGet",
    "hello",
    "subscribe",
    "jobGet",
  ]);
  server.emit("lab.x.y");
  expect((await lab.next())?.topic).toBe("lab.x.y");
  await client.close();
  await expect(watched).rejects.toMatchObject({ code: "CANCELLED" });
});

test("attempts back off while the server is away", async () => {
  const server = new FakeServer();
  const states: string[] = [];
  const client = await connect(server.options({ onState: (state) => states.push(state) }));
  server.refusing = true;
  server.cut();
  await reconnected(server);
  expect(client.state).toBe("restoring");
  server.refusing = false;
  await reconnected(server);
  expect(states).toEqual(["open", "restoring", "open"]);
  await client.close();
  expect(states.at(-1)).toBe("closed");
});

test("a close code that says never closes the client for good", async () => {
  const server = new FakeServer();
  const errors: (ArqonError | undefined)[] = [];
  const client = await connect(server.options({ onState: (_, error) => errors.push(error) }));
  const subscription = await client.subscribe("lab.>");
  server.cut(4502, "AUTH_REQUIRED: the key was revoked");
  await server.settle();
  expect(client.state).toBe("closed");
  await expect(subscription.next()).rejects.toMatchObject({ code: "AUTH_REQUIRED" });
  await expect(client.publish("lab.a.b", 1)).rejects.toMatchObject({ code: "AUTH_REQUIRED" });
});

test("a request fails when the connection is lost before its reply", async () => {
  const server = new FakeServer();
  const client = await connect(server.options());
  const request = client.request("lab.ask.me", "?");
  await server.settle();
  expect(server.published[0]?.replyTo).toBe("inbox.c1.1");
  server.cut();
  await expect(request).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  await client.close();
});

test("silence ends a connection, and a new one is made", async () => {
  const server = new FakeServer();
  server.heartbeatMs = 1000;
  const lost: string[] = [];
  const client = await connect(server.options({ onState: (_, error) => error && lost.push(error.code) }));
  for (let i = 0; i < 5; i++) {
    server.time.advance(800);
    await server.settle();
  }
  expect(lost).toEqual(["HEARTBEAT_LOST"]);
  server.answer = (connection, corr, op) => {
    if (op.case === "ping") connection.op(corr, { case: "pong", value: {} });
  };
  for (let i = 0; i < 10; i++) {
    server.time.advance(800);
    await server.settle();
  }
  expect(server.connections).toHaveLength(2);
  await client.close();
});

test("a message above the server's limit never leaves", async () => {
  const server = new FakeServer();
  const client = await connect(server.options());
  const publishing = client.publish("lab.a.b", new Uint8Array(10_001), { durability: "logged" });
  await expect(publishing).rejects.toMatchObject({ code: "WIRE_TOO_LARGE" });
  expect(server.published).toHaveLength(0);
  await client.close();
});

test("messages the server left out are counted and told", async () => {
  const server = new FakeServer();
  const errors: string[] = [];
  const client = await connect(server.options({ onError: (error) => errors.push(error.code) }));
  const value = errorInfo(new ArqonError("SLOW_CONSUMER", "7 messages were left out"));
  server.connection.deliver({ ...opMessage("", 0n, { case: "error", value }), dropped: 7n });
  await server.settle();
  expect([client.dropped, errors]).toEqual([7, ["SLOW_CONSUMER"]]);
  await client.close();
});

test("an aborted wait ends with CANCELLED and is not sent again", async () => {
  const server = new FakeServer();
  server.acknowledges = false;
  const client = await connect(server.options());
  const stop = new AbortController();
  const publishing = client.publish("lab.a.b", 1, { durability: "logged", signal: stop.signal });
  await server.settle();
  stop.abort();
  await expect(publishing).rejects.toMatchObject({ code: "CANCELLED" });
  server.cut();
  await reconnected(server);
  expect(server.published).toHaveLength(1);
  await client.close();
});

test("what is published or watched at any moment of a reconnect reaches the new connection", async () => {
  const server = new FakeServer();
  const client = await connect(server.options());
  await client.subscribe("lab.>");
  server.cut();
  const outcomes: Promise<unknown>[] = [];
  const { received } = server;
  let busy = false;
  server.received = (connection, message) => {
    received.call(server, connection, message);
    if (busy) return;
    busy = true;
    void (async () => {
      for (let i = 0; i < 60; i++) {
        outcomes.push(client.publish("lab.a.b", i, { durability: "logged" }));
        await null;
      }
    })();
  };
  await reconnected(server);
  expect(outcomes.length).toBe(60);
  await Promise.all(outcomes);
  await client.close();
});

test("what cannot be read is told, and the subscription goes on", async () => {
  const server = new FakeServer();
  const told: ArqonError[] = [];
  const client = await connect(server.options({ onError: (error) => void told.push(error) }));
  const seen: string[] = [];
  await client.subscribe("lab.>", { handler: (message) => void seen.push(message.schema || message.topic) });
  const raw = (...bytes: number[]): void => {
    server.connection.onmessage?.({ data: Uint8Array.from(bytes).buffer } as never);
  };
  raw(0x0b, 0x0c);
  // A schema that is not UTF-8: the topic can be read, the envelope cannot.
  raw(0x1a, 7, ...Buffer.from("lab.a.b"), 0x48, 1, 0x5a, 1, 0xff);
  server.emit("lab.a.c");
  await server.settle();
  expect(told.map(({ code }) => code)).toEqual(["WIRE_MALFORMED", "WIRE_MALFORMED"]);
  expect(seen).toEqual(["lab.a.c"]);
  expect(server.connections.length).toBe(1);
  await client.close();
});

test("a server that goes away gets nothing new to keep; that waits for the next connection", async () => {
  const server = new FakeServer();
  const client = await connect(server.options());
  const first = client.publish("lab.a.b", 1, { durability: "logged" });
  await first;
  server.connection.op(0n, { case: "goAway", value: { reason: "update", drainMs: 1_000 } });
  await server.settle();
  const waiting = client.publish("lab.a.c", 2, { durability: "logged" });
  await client.publish("lab.a.d", 3);
  await server.settle();
  expect(server.published.map(({ topic }) => topic)).toEqual(["lab.a.b", "lab.a.d"]);
  server.cut(1001, "SHUTTING_DOWN");
  await server.settle();
  // The delay is longer than after a loss, at least half of 800 ms.
  server.time.advance(399);
  await server.settle();
  expect(server.connections.length).toBe(1);
  await reconnected(server);
  expect((await waiting).duplicate).toBe(false);
  expect(server.published.at(-1)?.topic).toBe("lab.a.c");
  await client.close();
});
