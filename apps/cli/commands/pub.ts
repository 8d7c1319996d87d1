/** `arqon pub TOPIC [JSON|-]`: publishes a message, or the same one many times. */
import { ArqonError, fromUtf8, type Json, parseJson } from "@arqon/core/base";
import { requireTopic } from "@arqon/core/wire";
import { type Client, json, type Payload, type Published, type PublishOptions } from "@arqon/sdk";
import type { Command } from "../command.ts";
import { onInterrupt } from "../interrupts.ts";
import { withServer } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { wholeNumber } from "../whole-number.ts";

type Level = NonNullable<PublishOptions["durability"]>;
const LEVELS: readonly string[] = ["ephemeral", "logged", "synced"] satisfies readonly Level[];
/** Publications under way at once. */
const WINDOW = 256;
/** More than fits any message. */
const MAX_INPUT_BYTES = 16_777_216;

export const pub: Command = {
  name: "pub",
  summary: "publish JSON (or text) on a topic of a running server",
  positionals: ["TOPIC", "JSON|-?"],
  options: {
    durability: { type: "string", value: "D", help: "ephemeral (default), logged or synced" },
    count: { type: "string", value: "N", help: "how many times, each a message of its own (default 1)" },
    text: { type: "boolean", help: "the payload is text, not JSON" },
  },
  example: `arqon pub lab.sensor.read '{"celsius":21.5}' --durability logged`,
  async run(args, terminal) {
    const [topic, given = "null"] = args.positionals as [string, string?];
    const durability = args.text("durability") ?? "ephemeral";
    if (!LEVELS.includes(durability))
      throw new ArqonError("USAGE", `--durability ${durability}: expected ${LEVELS.join(", ")}`);
    requireTopic(topic);
    const count = wholeNumber(args, "count", 1, 1_000_000_000) ?? 1;
    const source = given === "-" ? await standardInput(terminal) : given;
    const payload = args.flag("text") ? source : json(parsed(source));
    let refusal: ArqonError | undefined;
    let stopped = false;
    const stop = onInterrupt(() => {
      stopped = true;
    });
    const publish = async (client: Client): Promise<Done> => {
      const sent = { topic, payload, durability: durability as Level };
      let done: Done = { count: 0, first: undefined, last: undefined };
      while (done.count < count && !stopped && !refusal) {
        const next = await burst(client, sent, Math.min(WINDOW, count - done.count));
        done = { count: done.count + next.length, first: done.first ?? next[0], last: next.at(-1) };
      }
      await client.flush();
      return done;
    };
    const published = await withServer(terminal, publish, (error) => {
      refusal ??= error;
    }).finally(stop);
    if (refusal) throw refusal;
    const { first, last } = published;
    const sequences = first?.sequence
      ? { firstSequence: first.sequence, lastSequence: last?.sequence ?? 0 }
      : {};
    terminal.answer({
      topic,
      durability,
      published: published.count,
      firstId: first?.id ?? "",
      ...sequences,
    });
    const where = first?.sequence ? `, sequence ${span(first.sequence, last?.sequence)}` : "";
    terminal.print(`published ${published.count} on ${topic} (${durability}${where})`);
    return published.count < count ? 130 : 0;
  },
};

/** What was published: how many, the first and the last. */
interface Done {
  readonly count: number;
  readonly first: Published | undefined;
  readonly last: Published | undefined;
}

interface Sent {
  readonly topic: string;
  readonly payload: Payload;
  readonly durability: Level;
}

function burst(client: Client, { topic, payload, durability }: Sent, count: number): Promise<Published[]> {
  return Promise.all(Array.from({ length: count }, () => client.publish(topic, payload, { durability })));
}

function span(first: number, last = first): string {
  return first === last ? `${first}` : `${first} to ${last}`;
}

function parsed(source: string): Json {
  try {
    return parseJson(source, "the payload");
  } catch (cause) {
    throw new ArqonError("JSON_INVALID", (cause as Error).message, {
      cause,
      remedy: "Quote JSON for the shell, e.g. '{\"a\":1}', or say --text to publish it as text.",
    });
  }
}

async function standardInput({ input }: Terminal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > MAX_INPUT_BYTES)
      throw new ArqonError("WIRE_TOO_LARGE", `standard input has more than ${MAX_INPUT_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return fromUtf8(Buffer.concat(chunks));
  } catch (cause) {
    throw new ArqonError("JSON_INVALID", "standard input is not UTF-8", { cause });
  }
}
