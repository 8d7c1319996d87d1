import { JobStatus } from "@arqon/core/wire";
import { connect, operator } from "@arqon/sdk";
import { expect, test } from "vitest";
import { freePort } from "../../vault/testing/services.ts";
import { newHome } from "./cli.ts";

const job = { schema: "test.v1", program: "x", maxAttempts: 1 };

test("a server asked to stop waits for jobs under way; what takes longer is begun again by the next one, at no cost", async () => {
  using home = newHome();
  const port = await freePort();
  let server = await home.serve({}, port, ["--drain-ms", "60000"]);
  const { url, apiKey } = server;
  const reconnect = { firstDelayMs: 20, maxDelayMs: 100 };
  const gates: PromiseWithResolvers<string>[] = [];
  const attempts: number[] = [];
  const worker = await operator({
    url,
    apiKey,
    reconnect,
    topic: "drain.jobs",
    onError: () => {},
    handle: async ({ attempt }) => {
      attempts.push(attempt);
      const gate = Promise.withResolvers<string>();
      gates.push(gate);
      return gate.promise;
    },
  });
  const client = await connect({ url, apiKey, reconnect, onError: () => {} });
  const begun = async (count: number): Promise<void> => {
    await expect.poll(() => attempts.length, { timeout: 60_000 }).toBe(count);
  };

  const first = await client.submit("drain.jobs", job);
  await begun(1);
  const stopped = server.stop();
  // The server has said that it goes away once it takes no new job.
  await expect
    .poll(() => fetch(`${url.replace("ws:", "http:")}/readyz`).then(({ status }) => status), {
      timeout: 30_000,
    })
    .toBe(503);
  gates[0]?.resolve("done");
  expect(await stopped).toBe(0);

  server = await home.serve({}, port, ["--drain-ms", "100"]);
  expect((await first.finished({ timeoutMs: 60_000 })).attempt).toBe(1);
  const second = await client.submit("drain.jobs", job);
  await begun(2);
  expect(await server.stop()).toBe(0);

  server = await home.serve({}, port);
  await begun(3);
  gates.at(-1)?.resolve("done");
  expect((await second.finished({ timeoutMs: 60_000 })).status).toBe(JobStatus.SUCCEEDED);
  expect(attempts).toEqual([1, 1, 2]);
  await worker.drain({ graceMs: 0 });
  await client.close();
  expect(await server.stop()).toBe(0);
});
