/** What a script without types may hand to a client is refused by code, before anything reaches the bus. */
import { expect, test } from "vitest";
import { type Client, connect } from "./client.ts";
import { FakeServer } from "./fake-server.ts";
import { operator } from "./operator.ts";

const JOB = { schema: "lab.echo.v1", program: "x" };
const CIRCUIT = "OPENQASM 2.0;";
const ID = "sha256:00";

test.each<[string, (client: Client) => unknown]>([
  ["a topic that is a number", (client) => client.publish(5 as never, 1)],
  ["a topic that is nothing", (client) => client.send(undefined as never, 1)],
  ["a durability there is not", (client) => client.publish("lab.a.b", 1, { durability: "fast" as never })],
  ["a filter that is a list", (client) => client.subscribe(["lab.>"] as never)],
  ["room for nothing", (client) => client.subscribe("lab.>", { capacity: 0 })],
  ["a sequence before the first", (client) => client.subscribe("lab.>", { fromSequence: -1 })],
  [
    "a queue group that reads the log",
    (client) => client.subscribe("lab.>", { fromSequence: 1, queueGroup: "g" }),
  ],
  ["a request to nowhere", (client) => client.request(null as never, 1)],
  ["a job id that is a number", (client) => client.job(7 as never)],
  ["an effect there is not", (client) => client.submit("lab.jobs", { ...JOB, effect: "none" as never })],
  ["a program that is an object", (client) => client.submit("lab.jobs", { ...JOB, program: {} as never })],
  ["a circuit in bytes", (client) => client.runCircuit(Buffer.from(CIRCUIT) as never)],
  ["no circuit", (client) => client.estimate(undefined as never)],
  ["a gradient of nothing", (client) => client.gradient(null as never, { observable: "Z" })],
  ["runs by a tag that is in no list", (client) => client.runs({ tags: "bell" as never })],
  ["runs by no list of tags", (client) => client.runs({ tags: null as never })],
  ["an observable in no list", (client) => client.estimate(CIRCUIT, { observables: "ZZ" as never })],
  ["a run's id that is a number", (client) => client.runCircuit(CIRCUIT, { id: 7 as never })],
  ["half a shot", (client) => client.runCircuit(CIRCUIT, { shots: 0.5 })],
  ["a seed that is a word", (client) => client.runCircuit(CIRCUIT, { seed: "lucky" })],
  ["a replay's seed that is too large", (client) => client.replay(ID, { seed: 2n ** 64n })],
  [
    "an operator for nothing at a time",
    () => operator({ topic: "lab.jobs", maxInFlight: 0, handle: () => "" }),
  ],
  ["an operator without a topic", () => operator({ handle: () => "" } as never)],
])("%s is refused with USAGE", async (_, call) => {
  const server = new FakeServer();
  const client = await connect(server.options());
  const made = async (): Promise<unknown> => call(client);
  await expect(made()).rejects.toMatchObject({ code: "USAGE", remedy: expect.stringMatching(/./) });
  expect(server.published).toEqual([]);
  await client.close();
});

test("a stream that has ended takes nothing more, and says so by code", async () => {
  const server = new FakeServer();
  const client = await connect(server.options());
  const stream = await client.openStream("lab.audio.streams", { durability: "ephemeral" });
  await expect(stream.write(5 as never)).rejects.toMatchObject({ code: "USAGE" });
  await expect(stream.write(null as never)).rejects.toMatchObject({ code: "USAGE" });
  expect(await stream.end()).toMatchObject({ chunks: 0, bytes: 0 });
  await expect(stream.write("more")).rejects.toMatchObject({ code: "USAGE" });
  await expect(stream.end()).rejects.toMatchObject({ code: "USAGE" });
  await client.close();
});
