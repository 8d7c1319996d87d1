import { Effect, JobSchema, MessageType, messageWith } from "@arqon/core/wire";
import { afterEach, describe, expect, test } from "vitest";
import type { Bus } from "./front.ts";
import { newId, TestClient, testBus } from "./testing.ts";

let bus: Bus | undefined;
afterEach(async () => {
  await bus?.close();
});

const isJob = ({ type }: { type: MessageType }): boolean => type === MessageType.JOB;

function submit(client: TestClient, effect: Effect): string {
  const id = newId();
  client.send(
    messageWith({ id, topic: "lab.jobs", type: MessageType.JOB }, JobSchema, { effect, capsule: {} }),
  );
  return id;
}

describe("a Reality in which a recording is played again", () => {
  test("gives jobs with physical effect to nobody but a playback", async () => {
    const reality = "replay.one";
    bus = await testBus({ realities: [reality] });
    const client = await TestClient.connect(bus.url, "lab", { reality });
    const device = await TestClient.connect(bus.url, "lab", { reality, sam: { operatorId: "device" } });
    await device.subscribe(1, "lab.jobs", "ops", 8);
    const fired = submit(client, Effect.PHYSICAL);
    const pure = submit(client, Effect.PURE);
    expect((await device.next(isJob)).id).toBe(pure);
    const playback = await TestClient.connect(bus.url, "lab", {
      reality,
      sam: { engineModes: ["playback"] },
    });
    await playback.subscribe(1, "lab.jobs", "ops", 8);
    expect((await playback.next(isJob)).id).toBe(fired);
    expect(device.messages.filter(isJob)).toEqual([]);
    for (const one of [client, device, playback]) one.close();
  });

  test("has a name of its own form, and no other has it", async () => {
    bus = await testBus();
    for (const reality of ["replay.", "replay.a.b", "other.a", "replay.*"]) {
      const client = await TestClient.open(bus.url);
      client.request({ case: "hello", value: { versionMin: 1, versionMax: 1, apiKey: "key-lab", reality } });
      const { op } = await client.op(() => true);
      expect(op.case === "error" && op.value.code, reality).toBe("TOPIC_INVALID");
      client.close();
    }
  });
});
