import { createRandom, systemTimer } from "@arqon/core/base";
import { JobResultSchema } from "@arqon/core/wire";
import { connect, operator } from "@arqon/sdk";
import { describe, expect, test } from "vitest";
import { freePort } from "../../vault/testing/services.ts";
import { newHome, type Serving } from "../e2e/cli.ts";

/** How often the server is killed; raise it with ARQON_KILLS. */
const KILLS = Number(process.env["ARQON_KILLS"] ?? "3");
const timer = systemTimer({ hold: true });
const pause = (ms: number): Promise<void> => new Promise((resolve) => timer.after(ms, resolve));

describe("a server killed under load", () => {
  test.each(["plain", "encrypted"] as const)(
    `${KILLS} times keeps everything it acknowledged, and gives every job one end, %s`,
    async (kind) => {
      using home = newHome();
      if (kind === "encrypted") expect((await home.arqon(["keys", "encrypt"])).code).toBe(0);
      const port = await freePort();
      const random = createRandom(BigInt(KILLS));
      let server: Serving = await home.serve({}, port);
      const { url, apiKey } = server;
      const reconnect = { firstDelayMs: 20, maxDelayMs: 200 };
      const acknowledged = new Map<string, number>();
      const submitted = new Set<string>();
      let stopping = false;

      await using _worker = await operator({
        url,
        apiKey,
        reconnect,
        topic: "echo.jobs",
        maxInFlight: 4,
        handle: async (job) => {
          await pause(random.nextInt(30));
          return job.parameters;
        },
      });
      await using client = await connect({ url, apiKey, reconnect, timeoutMs: 120_000 });

      const publishing = Array.from({ length: 4 }, async (_, lane) => {
        for (let i = 0; !stopping; i++) {
          const { id, sequence = 0 } = await client.publish(
            `load.lane-${lane}.event`,
            { i },
            { durability: "synced" },
          );
          acknowledged.set(id, sequence);
        }
      });
      const submitting = (async () => {
        for (let i = 0; !stopping; i++) {
          const job = await client.submit("echo.jobs", {
            schema: "arqonbus.echo.job.v1",
            program: "echo",
            parameters: { i },
          });
          submitted.add(job.id);
          await pause(20);
        }
      })();

      for (let kill = 0; kill < KILLS; kill++) {
        await pause(200 + random.nextInt(400));
        await server.kill();
        server = await home.serve({}, port);
      }
      await pause(200);
      stopping = true;
      await Promise.all([...publishing, submitting]);
      await Promise.all([...submitted].map((id) => client.job(id).finished({ timeoutMs: 120_000 })));

      const seen = new Map<string, number>();
      const ends = new Map<string, number>();
      let last = 0;
      for await (const message of client.history({ filter: ">" })) {
        expect(message.sequence, "sequences go up").toBeGreaterThan(last);
        last = message.sequence;
        expect(seen.has(message.id), `message ${message.id} is logged twice`).toBe(false);
        seen.set(message.id, message.sequence);
        if (message.type !== "JOB_RESULT") continue;
        const { jobId } = message.unpack(JobResultSchema);
        ends.set(jobId, (ends.get(jobId) ?? 0) + 1);
      }
      const lost = [...acknowledged].filter(([id, sequence]) => seen.get(id) !== sequence);
      expect(lost).toEqual([]);
      expect([...submitted].filter((id) => ends.get(id) !== 1)).toEqual([]);
      expect([...ends.values()].every((count) => count === 1)).toBe(true);
      expect(acknowledged.size).toBeGreaterThan(KILLS);
      expect(submitted.size).toBeGreaterThan(KILLS);
      console.log(
        `${KILLS} kills, ${kind}: ${acknowledged.size} acknowledged events and ${submitted.size} jobs, none lost, none twice`,
      );
      expect(await server.stop()).toBe(0);
    },
    180_000 + KILLS * 20_000,
  );
});
