import { expect, test } from "vitest";
import { connect } from "./client.ts";
import { PublishWindow, ReceiveWindow } from "./credit.ts";
import { FakeServer } from "./fake-server.ts";

test("publications beyond what was granted wait, in order", () => {
  const sent: number[] = [];
  const window = new PublishWindow({ messages: 2, bytes: 10 }, (bytes) => sent.push(bytes[0] ?? -1));
  for (let i = 0; i < 5; i++) window.publish(Uint8Array.of(i, 0, 0));
  expect([sent, window.heldBytes]).toEqual([[0, 1], 9]);
  window.granted(2, 4);
  expect([sent, window.heldBytes]).toEqual([[0, 1, 2, 3], 3]);
  window.granted(1, 0);
  expect(sent).toHaveLength(4);
  window.granted(0, 3);
  expect([sent, window.heldBytes]).toEqual([[0, 1, 2, 3, 4], 0]);
});

test("what was taken is granted again at half of the window", () => {
  const grants: [number, number][] = [];
  const window = new ReceiveWindow({ messages: 4, bytes: 100 }, (...grant) => grants.push(grant));
  window.consumed(10);
  expect(grants).toEqual([]);
  window.consumed(10);
  window.consumed(50);
  expect(grants).toEqual([
    [2, 20],
    [1, 50],
  ]);
});

test("the server is granted more as messages are taken, not as they come", async () => {
  const server = new FakeServer();
  server.features = ["credit"];
  const client = await connect(server.options({ receiveWindow: { messages: 4, bytes: 1_000_000 } }));
  expect(server.heard[0]).toMatchObject({ value: { receiveMessages: 4, receiveBytes: 1_000_000n } });
  const subscription = await client.subscribe("lab.>");
  for (let i = 0; i < 4; i++) server.emit("lab.a.b");
  await server.settle();
  expect(server.asked("credit")).toEqual([]);
  await subscription.next();
  await subscription.next();
  await server.settle();
  expect(server.asked("credit")).toMatchObject([{ value: { messages: 2 } }]);
  await subscription.close();
  await server.settle();
  expect(server.asked("credit")).toHaveLength(2);
  await client.close();
});

test("one acknowledgement answers several publications, with their own sequences", async () => {
  const server = new FakeServer();
  server.acknowledges = false;
  const client = await connect(server.options());
  const acks = Array.from({ length: 5 }, (_, i) => client.publish("lab.a.b", i, { durability: "logged" }));
  await server.settle();
  const refused = client.publish("lab.a.b", 9, { durability: "logged" });
  await server.settle();
  const ids = server.published.map(({ id }) => id);
  const answer = (at: number, sequence: bigint, count: number): void =>
    server.connection.op(0n, { case: "publishAck", value: { messageId: ids[at] ?? "", sequence, count } });
  answer(1, 11n, 0);
  server.connection.op(0n, { case: "error", value: { code: "RATE_LIMITED", messageId: ids[5] ?? "" } });
  answer(4, 20n, 4);
  expect((await Promise.all(acks)).map(({ sequence }) => sequence)).toEqual([17, 11, 18, 19, 20]);
  await expect(refused).rejects.toMatchObject({ code: "RATE_LIMITED" });
  await client.close();
});
