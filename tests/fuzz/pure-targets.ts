/** Parsers without a bus around them, each held against something slower that says the same. */
import { Deframer, RecordReader } from "@arqon/bus/kernel";
import { ArqonError } from "@arqon/core/base";
import {
  decodeScanned,
  filterCovers,
  filterMatches,
  requireFilter,
  requireTopic,
  scanEnvelope,
  TopicTrie,
} from "@arqon/core/wire";
import { type Bytes, clientFrame, record } from "./bytes.ts";

/** Takes inputs of one kind; throws when something is wrong. Returns how many it took. */
export type Target = (bytes: Bytes) => number | Promise<number>;

/** A refusal of the catalogue; anything else that is thrown goes on. */
function refusal<T>(call: () => T): { readonly value?: T; readonly code?: string } {
  try {
    return { value: call() };
  } catch (thrown) {
    if (thrown instanceof ArqonError) return { code: thrown.code };
    throw thrown;
  }
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Envelopes: the scan and the decoder of the schema take the same and read the same. */
export const envelopes: Target = (bytes) => {
  const made = bytes.random.nextInt(4) === 0 ? bytes.op() : bytes.message();
  const input = bytes.spoiled(made);
  const scanned = refusal(() => scanEnvelope(input)).value;
  if (scanned === undefined) return 1;
  const message = refusal(() => decodeScanned(input, scanned)).value;
  must(message !== undefined, "the scan takes what the decoder refuses, or reads as another message");
  return 1;
};

const TOPIC = /^(?=.{1,255}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63}){1,15}$/;

/** Topics and filters: the trie and the rule agree, and what one filter covers the other matches. */
export const topics: Target = (bytes) => {
  const filters = Array.from({ length: 8 }, () => bytes.topic()).filter(
    (filter) => refusal(() => requireFilter(filter)).value,
  );
  const trie = new TopicTrie<string>();
  for (const filter of filters) trie.add(filter, filter);
  for (let i = 0; i < 24; i++) {
    const topic = bytes.topic();
    const isTopic = refusal(() => requireTopic(topic)).value !== undefined;
    must(!isTopic || TOPIC.test(topic), `${topic} was taken for a topic`);
    if (!isTopic) continue;
    const found = [...trie.match(topic)].sort();
    const due = [...new Set(filters.filter((filter) => filterMatches(filter, topic)))].sort();
    must(found.join() === due.join(), `${topic} matches ${found} by the trie, ${due} by the rule`);
    for (const outer of filters)
      for (const inner of due)
        must(
          !filterCovers(outer, inner) || filterMatches(outer, topic),
          `${outer} covers ${inner}, not ${topic}`,
        );
    if (i % 6 === 5) {
      const gone = filters.pop();
      if (gone !== undefined && !filters.includes(gone)) trie.delete(gone, gone);
    }
  }
  return 24;
};

type Seen = string[];

function deframed(stream: Uint8Array, cuts: readonly number[]): Seen {
  const seen: Seen = [];
  const say = (what: string) => (payload: Uint8Array) =>
    void seen.push(`${what} ${Buffer.from(payload).toString("latin1")}`);
  const deframer = new Deframer(8_192, {
    message: (payload, text) => say(text ? "text" : "binary")(payload),
    ping: say("ping"),
    pong: say("pong"),
    close: (code, reason) => void seen.push(`close ${code} ${reason}`),
  });
  const { code } = refusal(() => {
    let from = 0;
    for (const to of [...cuts, stream.length]) {
      deframer.push(Uint8Array.from(stream.subarray(from, to)));
      from = to;
    }
  });
  return code === undefined ? seen : [...seen, code];
}

function cutsOf(bytes: Bytes, length: number): number[] {
  const cuts = Array.from({ length: bytes.random.nextInt(5) }, () => bytes.random.nextInt(length + 1));
  return cuts.sort((a, b) => a - b);
}

/** Frames: what arrives does not depend on how the stream was cut. */
export const frames: Target = (bytes) => {
  const count = 1 + bytes.random.nextInt(4);
  const parts = Array.from({ length: count }, () => {
    const payload = bytes.random.nextInt(3) === 0 ? bytes.noise(bytes.edge() % 300) : bytes.message();
    return clientFrame(bytes, payload, bytes.random.nextInt(3) === 0);
  });
  const stream = bytes.random.nextInt(3) === 0 ? bytes.spoiled(Buffer.concat(parts)) : Buffer.concat(parts);
  const whole = deframed(stream, []);
  const cut = deframed(stream, cutsOf(bytes, stream.length));
  must(
    whole.join("\n") === cut.join("\n"),
    `a cut stream reads ${cut.length} things, a whole one ${whole.length}`,
  );
  return count;
};

function read(stream: Uint8Array, cuts: readonly number[]): Seen {
  const seen: Seen = [];
  const reader = new RecordReader(
    8_192,
    (message) => void seen.push(Buffer.from(message).toString("latin1")),
  );
  const { code } = refusal(() => {
    let from = 0;
    for (const to of [...cuts, stream.length]) {
      reader.push(Uint8Array.from(stream.subarray(from, to)));
      from = to;
    }
  });
  return code === undefined ? seen : [...seen, code];
}

/** Records of TCP and of packed messages. */
export const records: Target = (bytes) => {
  const count = 1 + bytes.random.nextInt(4);
  const parts = Array.from({ length: count }, () => record(bytes.message()));
  const stream = bytes.spoiled(Buffer.concat(parts));
  const whole = read(stream, []);
  const cut = read(stream, cutsOf(bytes, stream.length));
  must(
    whole.join("\n") === cut.join("\n"),
    `a cut stream holds ${cut.length} records, a whole one ${whole.length}`,
  );
  return count;
};
