import { systemTimer } from "@arqon/core/base";
import { Durability } from "@arqon/core/wire";
import { afterEach, expect, test } from "vitest";
import { faultEngine } from "./engine/index.ts";
import type { Bus } from "./front.ts";
import { TestClient, testBus, textOf } from "./testing.ts";

let bus: Bus;
afterEach(() => bus.close());

const MESSAGES = 600;
const BODY = "x".repeat(10_000);

/** Publishes 6 MB of logged messages, more than the readers of these tests may have waiting. */
async function burst(lab: TestClient): Promise<void> {
  for (let i = 0; i < MESSAGES; i++)
    lab.publish("lab.data.event", `${i} ${BODY}`, { durability: Durability.LOGGED });
  let acknowledged = 0;
  while (acknowledged < MESSAGES) {
    await lab.op(({ op }) => op.case === "publishAck");
    acknowledged++;
  }
}

async function indexes(client: TestClient, count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) found.push(Number.parseInt(textOf(await client.on("lab.data.event")), 10));
  return found;
}

const ALL = Array.from({ length: MESSAGES }, (_, i) => i);
const small = { limits: { shield: { outboundBytes: 1_000_000 } } };

test("a burst of logged messages larger than what may wait reaches a reader that stalls, whole and in order", async () => {
  bus = await testBus(small);
  const lab = await TestClient.connect(bus.url);
  const slow = await TestClient.connect(bus.url, "other");
  const fast = await TestClient.connect(bus.url, "other");
  for (const reader of [slow, fast]) await reader.subscribe(1, "lab.>");
  slow.socket.pause();
  const published = burst(lab);
  expect(await indexes(fast, MESSAGES)).toEqual(ALL);
  await published;
  // It subscribes to more meanwhile: that is for what comes, not for what went before.
  slow.socket.resume();
  await slow.subscribe(2, "other.>");
  expect(await indexes(slow, MESSAGES)).toEqual(ALL);
  lab.publish("lab.data.event", "last", { durability: Durability.LOGGED });
  expect(textOf(await slow.on("lab.data.event"))).toBe("last");
  expect([slow.closeCode, fast.closeCode]).toEqual([undefined, undefined]);
});

test("a queue group without room is given what it missed, each message once", async () => {
  bus = await testBus({ ...small, engine: faultEngine(2, systemTimer(), { maxDelayMs: 0 }) });
  const lab = await TestClient.connect(bus.url);
  const members = [await TestClient.connect(bus.url, "other"), await TestClient.connect(bus.url, "other")];
  for (const member of members) {
    await member.subscribe(1, "lab.>", "workers");
    member.socket.pause();
  }
  await burst(lab);
  const received: number[][] = [[], []];
  let arrived = (): void => {};
  for (const [i, member] of members.entries()) {
    member.socket.resume();
    member.socket.on("message", () => {
      for (const message of member.messages.splice(0))
        if (message.topic === "lab.data.event") received[i]?.push(Number.parseInt(textOf(message), 10));
      arrived();
    });
  }
  while ((received[0]?.length ?? 0) + (received[1]?.length ?? 0) < MESSAGES)
    await new Promise<void>((done) => {
      arrived = done;
    });
  expect(received.flat().sort((a, b) => a - b)).toEqual(ALL);
  for (const each of received) expect(each).toEqual([...each].sort((a, b) => a - b));
});
