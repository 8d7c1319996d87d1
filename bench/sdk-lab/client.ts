/**
 * One publisher and one subscriber in this process, over a client library: says what a message costs them.
 * Arguments: library, url, messages, window. Prints `{cpuUs, perSecond}`.
 */
import { connect, openGlobalSocket } from "@arqon/sdk";

/** What a library does for the bench. */
interface Pair {
  publish(): void;
  close(): Promise<void>;
}

export const TOPIC = "sim.world1.entity.42";
const FILTER = "sim.*.entity.>";
const PAYLOAD = Uint8Array.from({ length: 1_024 }, (_, i) => i % 251);
const KEY = "bench";

/** Two connections as a pair. */
const pairOf = (connections: readonly { close(): Promise<unknown> }[], publish: () => void): Pair => ({
  publish,
  close: async () => {
    for (const connection of connections) await connection.close();
  },
});

/** Reads a byte of each payload, so that it is there. */
const LIBRARIES: Record<string, (url: string, received: (payload: Uint8Array) => void) => Promise<Pair>> = {
  async arqon(url, received) {
    const options = { url, apiKey: KEY };
    const [publisher, subscriber] = [await connect(options), await connect(options)];
    await subscriber.subscribe(FILTER, { handler: (message) => received(message.bytes()), capacity: 1e6 });
    return pairOf([publisher, subscriber], () => publisher.send(TOPIC, PAYLOAD));
  },
  /** As in a browser: the runtime's WebSocket, several messages in a frame where the server takes them. */
  async "arqon-browser"(url, received) {
    const options = { url, apiKey: KEY, openSocket: openGlobalSocket };
    const [publisher, subscriber] = [await connect(options), await connect(options)];
    await subscriber.subscribe(FILTER, { handler: (message) => received(message.bytes()), capacity: 1e6 });
    return pairOf([publisher, subscriber], () => publisher.send(TOPIC, PAYLOAD));
  },
  async "arqon-iterate"(url, received) {
    const options = { url, apiKey: KEY };
    const [publisher, subscriber] = [await connect(options), await connect(options)];
    const subscription = await subscriber.subscribe(FILTER, { capacity: 1e6 });
    void (async () => {
      for await (const message of subscription) received(message.bytes());
    })();
    return pairOf([publisher, subscriber], () => publisher.send(TOPIC, PAYLOAD));
  },
  async nats(url, received) {
    const { wsconnect } = await import("@nats-io/nats-core");
    const options = { servers: url, token: KEY };
    const [publisher, subscriber] = [await wsconnect(options), await wsconnect(options)];
    subscriber.subscribe(FILTER, { callback: (_, message) => received(message.data) });
    await subscriber.flush();
    return pairOf([publisher, subscriber], () => publisher.publish(TOPIC, PAYLOAD));
  },
  async "nats-iterate"(url, received) {
    const { wsconnect } = await import("@nats-io/nats-core");
    const options = { servers: url, token: KEY };
    const [publisher, subscriber] = [await wsconnect(options), await wsconnect(options)];
    const subscription = subscriber.subscribe(FILTER);
    await subscriber.flush();
    void (async () => {
      for await (const message of subscription) received(message.data);
    })();
    return pairOf([publisher, subscriber], () => publisher.publish(TOPIC, PAYLOAD));
  },
};

/** Publishes until `messages` came back, with at most `window` on the way. */
async function run(
  pair: Pair,
  counter: { onMessage: () => void },
  messages: number,
  window: number,
): Promise<void> {
  let [sent, came] = [0, 0];
  const { promise, resolve } = Promise.withResolvers<void>();
  const fill = (): void => {
    while (sent < messages && sent - came < window) {
      sent++;
      pair.publish();
    }
  };
  counter.onMessage = () => {
    came++;
    if (came === messages) resolve();
    else fill();
  };
  fill();
  await promise;
}

const [library = "", url = "", messages = "", window = ""] = process.argv.slice(2);
const counter = { onMessage: () => {} };
const make = LIBRARIES[library];
if (!make) throw new TypeError(`no library "${library}"`);
const pair = await make(url, (payload) => {
  if (payload[1_023] !== 1_023 % 251) throw new Error("another payload came back");
  counter.onMessage();
});
await run(pair, counter, Number(messages) / 2, Number(window));
const [before, fromMs] = [process.cpuUsage(), performance.now()];
await run(pair, counter, Number(messages), Number(window));
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - fromMs) / 1000;
console.log(
  JSON.stringify({ cpuUs: (user + system) / Number(messages), perSecond: Number(messages) / seconds }),
);
await pair.close();
