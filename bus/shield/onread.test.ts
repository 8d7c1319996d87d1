import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import type { ByteStream } from "./net.ts";
import { nodeNet } from "./node-net.ts";
import { canReadInto } from "./onread.ts";

test("this runtime lets accepted sockets read into memory of ours", async () => {
  expect(await canReadInto()).toBe(true);
});

for (const into of [Buffer.alloc(1_000), undefined]) {
  const way = into ? "into shared memory" : "by 'data' events";

  test(`${way}: many connections read whole, apart and in order, and the listener ends when they are gone`, async () => {
    let open = 0;
    const listener = await nodeNet.listen(
      "127.0.0.1",
      0,
      (stream) => {
        open++;
        stream.handler = {
          data: (chunk) => stream.write([Buffer.from(chunk)]),
          drain: () => {},
          closed: () => {
            open--;
          },
        };
      },
      into,
    );
    const echoed = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const sent = Buffer.alloc(30_000, i + 1);
        const socket = connect({ port: listener.port, host: "127.0.0.1" });
        const parts: Buffer[] = [];
        let length = 0;
        socket.on("data", (part: Buffer) => {
          parts.push(part);
          length += part.length;
          if (length === sent.length) socket.end();
        });
        for (let at = 0; at < sent.length; at += 7_001) socket.write(sent.subarray(at, at + 7_001));
        await once(socket, "close");
        return Buffer.concat(parts).equals(sent);
      }),
    );
    expect(echoed).toEqual(echoed.map(() => true));
    await listener.close();
    expect(open).toBe(0);
  });

  test(`${way}: a write that is said to be taken may be overwritten at once, and drain says when the others may`, async () => {
    // More than any machine's socket buffers hold.
    const rounds = 250;
    const bytes = 100_000;
    let accepted: ((stream: ByteStream) => void) | undefined;
    const stream = new Promise<ByteStream>((resolve) => {
      accepted = resolve;
    });
    const listener = await nodeNet.listen("127.0.0.1", 0, (one) => accepted?.(one), into);
    const socket = connect({ port: listener.port, host: "127.0.0.1" });
    const server = await stream;
    let drained: () => void = () => {};
    server.handler = { data: () => {}, drain: () => drained(), closed: () => {} };
    const memory = Buffer.alloc(bytes);
    let taken = 0;
    const all = rounds * bytes;
    const writing = (async () => {
      for (let i = 0; i < rounds; i++) {
        memory.fill(i);
        const drain = new Promise<void>((resolve) => {
          drained = resolve;
        });
        if (server.write([memory.subarray(0, 40_000), memory.subarray(40_000)])) taken++;
        else await drain;
      }
    })();
    let seen = 0;
    let mixed = 0;
    for await (const chunk of socket) {
      const part = chunk as Buffer;
      for (let at = 0; at < part.length; at++) if (part[at] !== Math.floor((seen + at) / bytes)) mixed++;
      seen += part.length;
      if (seen === all) break;
    }
    await writing;
    expect({ seen, mixed }).toEqual({ seen: all, mixed: 0 });
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(rounds);
    socket.destroy();
    await listener.close();
  });
}
