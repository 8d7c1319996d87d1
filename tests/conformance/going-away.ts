/** A server that is updated under its clients: they end what they have begun, and go on with the next one. */
import { describe, expect, test } from "vitest";
import type { Agent } from "./driver.ts";
import { World } from "./world.ts";

/** Runs for each SDK, with a bus of its own. */
export function describeGoingAway(agent: () => Agent): void {
  describe("a server that goes away", () => {
    test("gets the result of what it gave out; what is new waits for the server after it, and all is served again", async () => {
      const world = await World.start();
      const client = await world.connect(agent(), "alice", { reconnectMs: [5, 50] });
      const operator = world.name("operator");
      await agent().call("operate", { client, operator, topic: "leaving.jobs", behaviour: { kind: "gate" } });
      const submit = async (program: string): Promise<string> =>
        String(
          (await agent().call("submit", { client, topic: "leaving.jobs", schema: "test.v1", program }))[
            "jobId"
          ],
        );
      const begun = await submit("begun");
      await expect
        .poll(async () => (await agent().call("job", { client, jobId: begun }))["status"], {
          timeout: 30_000,
        })
        .toBe("LEASED");
      const draining = world.bus.drain(60_000);
      await agent().call("flush", { client });
      const { lastSequence } = world.bus.stats().realities[0] ?? {};
      const topic = "leaving.lab.read";
      const kept = agent().call("publish", { client, topic, payload: { json: 1 }, durability: "logged" });
      const later = submit("later");
      await agent().call("flush", { client });
      expect(world.bus.stats().realities[0]?.lastSequence).toBe(lastSequence);
      await agent().call("release", { operator });
      await draining;
      await world.restart();
      expect(await kept).toMatchObject({ duplicate: false });
      for (const jobId of [begun, await later])
        expect(await agent().call("result", { client, jobId, timeoutMs: 30_000 })).toMatchObject({
          status: "SUCCEEDED",
          attempt: 1,
        });
      await agent().call("close", { client });
      await agent().call("drain", { operator });
      await world.close();
    });
  });
}
