/** One suite, every SDK: see README.md. */
import { afterAll, beforeAll, describe, test } from "vitest";
import { describeConnection } from "./connection.ts";
import type { Agent } from "./driver.ts";
import { describeExperiments } from "./experiments.ts";
import { describeGoingAway } from "./going-away.ts";
import { describeJobs } from "./jobs.ts";
import { describeMessaging } from "./messaging.ts";
import { describeReconnect } from "./reconnect.ts";
import { describeStreams } from "./streams.ts";
import { SDKS, type Sdk, startAgent, World } from "./world.ts";

let world: World;
const agents = new Map<Sdk, Agent>();
const spares: Agent[] = [];
const here = SDKS.filter(({ missing }) => missing === undefined);

beforeAll(async () => {
  world = await World.start();
  for (const sdk of here) agents.set(sdk, await startAgent(sdk));
});
afterAll(async () => {
  for (const agent of [...agents.values(), ...spares]) await agent.close();
  await world?.close();
});

for (const { name, missing } of SDKS)
  if (missing !== undefined) {
    console.warn(`conformance: the ${name} SDK is NOT tested: ${missing}`);
    test.skip(`the ${name} SDK (${missing})`, () => {});
  }

const agentOf = (sdk: Sdk) => (): Agent => agents.get(sdk) as Agent;

for (const near of here)
  for (const far of here)
    describe(near === far ? near.name : `${near.name} with ${far.name}`, () => {
      describeMessaging(() => world, agentOf(near), agentOf(far));
      describeJobs(
        () => world,
        agentOf(near),
        agentOf(far),
        async () => {
          const agent = await startAgent(far);
          spares.push(agent);
          return agent;
        },
      );
      describeStreams(() => world, agentOf(near), agentOf(far));
      if (near !== far) return;
      describeExperiments(() => world, agentOf(near));
      describeConnection(() => world, agentOf(near));
      describeReconnect(() => world, agentOf(near));
      describeGoingAway(agentOf(near));
    });
