import { ManualTime, systemClock, systemEntropy, uuidv7Generator } from "@arqon/core/base";
import type { ArqonMessage } from "@arqon/core/wire";
import type { Client } from "@arqon/sdk";
import { expect, test } from "vitest";
import { runLive } from "./live.ts";
import type { DeterministicOperator } from "./operator.ts";
import { eventOf } from "./output.ts";

const newId = uuidv7Generator(systemClock, systemEntropy);

/** As much of a client as a run needs: what is published is kept, and one message comes in. */
function oneMessage(published: ArqonMessage[]): Client {
  const envelope = eventOf({ id: newId(), topic: "lab.in.start", cause: "" }, 1);
  const inputs = {
    async *[Symbol.asyncIterator]() {
      yield { isLogged: true, topic: envelope.topic, envelope, sequence: 2, timestampUs: 1_000_000 };
    },
    close: async () => {},
  };
  const client = {
    subscribe: async () => inputs,
    publishEnvelope: async (message: ArqonMessage) => {
      published.push(message);
      return { sequence: published.length };
    },
  };
  return client as unknown as Client;
}

test("a run that has ended leaves no timer behind, and says nothing after its end", async () => {
  const sleeper: DeterministicOperator = {
    id: "sleeper",
    inputs: ["lab.in.start"],
    timers: true,
    start: () => (_, context) => context.wake("later", 60_000),
  };
  const published: ArqonMessage[] = [];
  const timer = new ManualTime();
  const run = await runLive(oneMessage(published), sleeper, { timer, newId, seed: 1n });
  await run.done;
  timer.advance(60_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(published.map(({ topic }) => topic)).toEqual(["journal.sleeper.run", "journal.sleeper.end"]);
});
