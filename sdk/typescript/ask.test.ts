import { expect, test } from "vitest";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";

test("a caller who left while the job was on its way leaves no job behind", async () => {
  const leaving = new AbortController();
  let cancelled = 0;
  const job = {
    id: "a",
    cancel: async () => void cancelled++,
    states: async function* (): AsyncGenerator<never> {
      yield* [];
      throw leaving.signal.reason;
    },
  };
  const submit = async (): Promise<typeof job> => {
    queueMicrotask(() => leaving.abort(new Error("left")));
    await Promise.resolve();
    return job;
  };
  const client = { submit } as unknown as Client;
  const init = { schema: "s", program: "" };
  await expect(ask(client, "x.y.jobs", init, { signal: leaving.signal })).rejects.toThrow("left");
  expect(cancelled).toBe(1);
});
