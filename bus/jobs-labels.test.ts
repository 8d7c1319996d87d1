import { canonicalJson, type Json } from "@arqon/core/base";
import { JobSchema, MessageType, messageWith } from "@arqon/core/wire";
import { afterEach, describe, expect, test } from "vitest";
import { closeAll, start } from "./jobs.fixture.ts";
import { newId, TestClient } from "./testing.ts";

afterEach(closeAll);

/** Submits a job with a text as its labels. Returns what the bus answers: "ack" or a code and message. */
async function answerTo(labelsJson: string): Promise<string> {
  const bus = await start();
  const client = await TestClient.connect(bus.url);
  const id = newId();
  const capsule = { schema: "test.v1", program: new TextEncoder().encode("x"), labelsJson };
  client.send(messageWith({ id, topic: "lab.jobs", type: MessageType.JOB }, JobSchema, { capsule }));
  const { op } = await client.op(
    ({ op: { case: kind, value } }) =>
      (kind === "publishAck" || kind === "error") && (value as { messageId?: string }).messageId === id,
  );
  return op.case === "error" ? `${op.value.code} ${op.value.message}` : "ack";
}

describe("labels of a job", () => {
  test("that keep the rules are taken", async () => {
    expect(await answerTo(canonicalJson({ note: "first try", tags: ["bell", "demo"] }))).toBe("ack");
  });

  test.each<[Json, string]>([
    [
      { tags: Array.from({ length: 33 }, (_, i) => `t${i}`) },
      "LIMIT_EXCEEDED labels_json: tags: 33, limit 32",
    ],
    [{ tags: ["a,b"] }, 'USAGE labels_json: tags[0] "a,b" has a comma'],
    [{ tags: ["b", "a"] }, "JSON_INVALID labels_json: tags are not composed (NFC), sorted and each once"],
    [{ note: "\u0007" }, "USAGE labels_json: note has a character that does not print"],
  ])("that break them are refused at the door: case %#", async (labels, answer) => {
    expect(await answerTo(canonicalJson(labels))).toContain(answer);
  });
});
