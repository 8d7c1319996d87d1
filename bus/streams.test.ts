import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { systemEntropy, systemTimer } from "@arqon/core/base";
import {
  type ArqonMessage,
  Durability,
  decodeMessage,
  MessageType,
  messageWith,
  payloadOf,
  StreamChunkSchema,
  StreamEndSchema,
  StreamStartSchema,
} from "@arqon/core/wire";
import { afterEach, describe, expect, test } from "vitest";
import { nodeDisk, openSegmentEngine } from "./engine/index.ts";
import type { Bus } from "./front.ts";
import { newId, TestClient, testBus } from "./testing.ts";

const TOPIC = "lab.audio.take";
let bus: Bus | undefined;
afterEach(async () => {
  await bus?.close();
});

class Producer {
  readonly client: TestClient;
  readonly streamId: string = newId();
  readonly durability: Durability;
  constructor(client: TestClient, durability: Durability = Durability.LOGGED) {
    this.client = client;
    this.durability = durability;
  }
  start(): string {
    return this.#send(MessageType.STREAM_START, StreamStartSchema, { streamId: this.streamId });
  }
  chunk(index: number, bytes = 3, topic = TOPIC): string {
    const value = { streamId: this.streamId, index: BigInt(index), data: new Uint8Array(bytes) };
    return this.#send(MessageType.STREAM_CHUNK, StreamChunkSchema, value, topic);
  }
  end(chunks: number, bytes: number, digestBytes = 32): string {
    const value = { streamId: this.streamId, chunks: BigInt(chunks), bytes: BigInt(bytes) };
    return this.#send(MessageType.STREAM_END, StreamEndSchema, {
      ...value,
      sha256: new Uint8Array(digestBytes),
    });
  }
  #send(
    type: MessageType,
    schema: Parameters<typeof messageWith>[1],
    value: Parameters<typeof messageWith>[2],
    topic = TOPIC,
  ): string {
    const id = newId();
    this.client.send(messageWith({ id, topic, type, durability: this.durability }, schema, value));
    return id;
  }
}

async function refusal(client: TestClient, id: string): Promise<string> {
  const { op } = await client.op(({ op }) => op.case === "error" && op.value.messageId === id);
  return op.case === "error" ? op.value.code : "";
}

const isEnd = ({ type }: ArqonMessage): boolean => type === MessageType.STREAM_END;

describe("streams", () => {
  test.each([Durability.LOGGED, Durability.EPHEMERAL])(
    "in order and counted pass (durability %i)",
    async (durability) => {
      bus = await testBus();
      const client = await TestClient.connect(bus.url);
      await client.subscribe(1, "lab.>");
      const stream = new Producer(client, durability);
      stream.start();
      for (let i = 0; i < 3; i++) stream.chunk(i);
      stream.end(3, 9);
      expect(payloadOf(await client.next(isEnd), StreamEndSchema)).toMatchObject({ chunks: 3n, bytes: 9n });
      expect(client.messages.filter(({ type }) => type === MessageType.STREAM_CHUNK)).toHaveLength(3);
      client.close();
    },
  );

  test("what does not follow is refused, and the stream goes on", async () => {
    bus = await testBus();
    const client = await TestClient.connect(bus.url);
    await client.subscribe(1, "lab.>");
    const stream = new Producer(client);
    expect(await refusal(client, stream.chunk(0))).toBe("STREAM_INVALID");
    stream.start();
    expect(await refusal(client, stream.start()), "started twice").toBe("STREAM_INVALID");
    stream.chunk(0);
    expect(await refusal(client, stream.chunk(0)), "index again").toBe("STREAM_INVALID");
    expect(await refusal(client, stream.chunk(2)), "index left out").toBe("STREAM_INVALID");
    expect(await refusal(client, stream.chunk(1, 3, "lab.other.take")), "elsewhere").toBe("STREAM_INVALID");
    expect(await refusal(client, stream.end(2, 3)), "chunks").toBe("STREAM_INVALID");
    expect(await refusal(client, stream.end(1, 4)), "bytes").toBe("STREAM_INVALID");
    expect(await refusal(client, stream.end(1, 3, 31)), "digest").toBe("STREAM_INVALID");
    const thief = new Producer(await TestClient.connect(bus.url, "other"));
    Object.assign(thief, { streamId: stream.streamId });
    expect(await refusal(thief.client, thief.chunk(1)), "another connection").toBe("STREAM_INVALID");
    stream.chunk(1);
    stream.end(2, 6);
    await client.next(isEnd);
    expect(await refusal(client, stream.end(2, 6)), "ended twice").toBe("STREAM_INVALID");
    client.close();
  });

  test("a connection has a bounded number of them", async () => {
    bus = await testBus();
    const client = await TestClient.connect(bus.url);
    for (let i = 0; i < 256; i++) new Producer(client, Durability.EPHEMERAL).start();
    expect(await refusal(client, new Producer(client).start())).toBe("LIMIT_EXCEEDED");
    client.close();
  });

  test.each([Durability.LOGGED, Durability.EPHEMERAL])(
    "a lost producer's are ended by the bus (durability %i)",
    async (durability) => {
      bus = await testBus();
      const listener = await TestClient.connect(bus.url);
      await listener.subscribe(1, "lab.>");
      const client = await TestClient.connect(bus.url);
      const stream = new Producer(client, durability);
      stream.start();
      stream.chunk(0, 5);
      await listener.next(({ type }) => type === MessageType.STREAM_CHUNK);
      client.socket.terminate();
      const end = await listener.next(isEnd);
      expect(end).toMatchObject({ producerId: "arqon-bus", topic: TOPIC });
      const { chunks, bytes, error } = payloadOf(end, StreamEndSchema);
      expect([chunks, bytes, error?.code]).toEqual([1n, 5n, "CONNECTION_LOST"]);
      listener.close();
    },
  );

  test("a logged one that a crash cut off is ended once, when its Reality is opened again", async () => {
    const root = await fs.mkdtemp(path.join(os.tmpdir(), "arqon-streams-"));
    const open = () =>
      openSegmentEngine({ disk: nodeDisk(root), timer: systemTimer(), entropy: systemEntropy });
    const stream = { id: "", whole: "" };
    {
      const engine = await open();
      const crashed = await testBus({ engine });
      const client = await TestClient.connect(crashed.url);
      const whole = new Producer(client);
      whole.start();
      whole.end(0, 0);
      const cut = new Producer(client);
      Object.assign(stream, { id: cut.streamId, whole: whole.streamId });
      cut.start();
      cut.chunk(0, 7);
      const last = cut.chunk(1, 7);
      await client.op(({ op }) => op.case === "publishAck" && op.value.messageId === last);
      // The log ends here, the bus does not know it.
      await engine.close();
      client.close();
      await crashed.close().catch(() => {});
    }
    for (let life = 0; life < 2; life++) {
      const engine = await open();
      bus = await testBus({ engine, realities: ["main"] });
      const client = await TestClient.connect(bus.url);
      const readEnds = async () => {
        const { op } = await client.ask({ case: "historyGet", value: { filter: "lab.>" } });
        const messages = op.case === "historyPage" ? op.value.messages : [];
        const ends = messages.map((bytes) => decodeMessage(bytes)).filter(isEnd);
        return ends.map((message) => payloadOf(message, StreamEndSchema));
      };
      // The end is written while the Reality already serves.
      let ends = await readEnds();
      while (ends.length < 2) ends = await readEnds();
      expect(ends.map(({ streamId, error }) => [streamId, error?.code ?? ""])).toEqual([
        [stream.whole, ""],
        [stream.id, "CONNECTION_LOST"],
      ]);
      expect(ends[1]).toMatchObject({ chunks: 2n, bytes: 14n });
      client.close();
      await bus.close();
      await engine.close();
    }
    bus = undefined;
    await fs.rm(root, { recursive: true, force: true });
  });
});
