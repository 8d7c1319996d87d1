import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptUpgrade, MAX_HEAD_BYTES, parseHead, parseUpgrade } from "./upgrade.ts";

const GOOD =
  "GET /bus?x=1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Protocol: a, arqonbus.v1.proto\r\nAuthorization: Bearer secret\r\nOrigin: http://localhost:1\r\n\r\n";

function upgradeOf(text: string): ReturnType<typeof parseUpgrade> {
  const head = parseHead(Buffer.from(text));
  return head && parseUpgrade(head);
}

describe("the upgrade request", () => {
  test("is read with its key, protocols, origin and bearer", () => {
    expect(parseHead(Buffer.from(`${GOOD}rest`))).toMatchObject({
      method: "GET",
      path: "/bus",
      bytes: GOOD.length,
    });
    expect(upgradeOf(GOOD)).toEqual({
      key: "dGhlIHNhbXBsZSBub25jZQ==",
      protocols: ["a", "arqonbus.v1.proto"],
      origin: "http://localhost:1",
      bearer: "secret",
    });
  });

  test("is answered with the accept value of RFC 6455", () => {
    expect(Buffer.from(acceptUpgrade("dGhlIHNhbXBsZSBub25jZQ==", "p")).toString()).toContain(
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
    );
  });

  test("is incomplete until its blank line, at every length", () => {
    for (let cut = 0; cut < GOOD.length; cut++)
      expect(parseHead(Buffer.from(GOOD.slice(0, cut)))).toBeUndefined();
  });

  test("is refused when a part is missing or malformed", () => {
    for (const [from, to] of [
      ["Version: 13", "Version: 8"],
      ["dGhlIHNhbXBsZSBub25jZQ==", "short"],
      ["Connection: keep-alive, Upgrade", "Connection: keep-alive"],
      ["Host: localhost\r\n", ""],
      ["GET", "POST"],
      ["HTTP/1.1", "HTTP/1.0"],
      ["Host: localhost", "Host localhost"],
      ["Host: localhost", " Host: localhost"],
    ] as const)
      expect(() => upgradeOf(GOOD.replace(from, to))).toThrow(/bad HTTP request/);
    expect(upgradeOf(GOOD.replace("Upgrade: websocket", "X: y"))).toBeUndefined();
  });

  test("is refused over its size limit, also without an end", () => {
    expect(() => parseHead(Buffer.alloc(MAX_HEAD_BYTES, 65))).toThrow(/8192/);
    expect(() => upgradeOf(GOOD.replace("Host:", `X: ${"y".repeat(9_000)}\r\nHost:`))).toThrow(/8192/);
  });

  test("arbitrary bytes give a head, a wait, or a named refusal", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii", maxLength: 200 }), (text) => {
        try {
          upgradeOf(`${text}\r\n\r\n`);
        } catch (error) {
          expect(error).toMatchObject({ name: "ArqonError" });
        }
      }),
    );
  });
});
