import { randomBytes } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { sha256Hex, systemClock, systemEntropy, systemTimer, utf8 } from "@arqon/core/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { S3_TEST_KEYS, s3Folder, startS3 } from "../testing/index.ts";
import { describeObjects } from "./describe-objects.ts";
import { claimS3, objectStore, parseS3Place, probeS3, s3Blobs, s3Client } from "./index.ts";
import { pendingUploads } from "./s3-multipart.ts";

const MIB = 2 ** 20;

function client(url: string, prefix = "", secretAccessKey: string = S3_TEST_KEYS.secretAccessKey) {
  return s3Client({
    place: parseS3Place(url.replace("?", `/${prefix}?`)),
    credentials: { ...S3_TEST_KEYS, secretAccessKey },
    clock: systemClock,
    timer: systemTimer(),
  });
}

async function* inPieces(bytes: Uint8Array, fail = Number.POSITIVE_INFINITY): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100_000) {
    if (at >= fail) throw new Error("the reader failed");
    yield bytes.subarray(at, at + 100_000);
  }
}

describe.skipIf(s3Folder() === undefined)("S3", () => {
  let server: Awaited<ReturnType<typeof startS3>>;
  let serial = 0;
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server.stop());

  describeObjects("S3", () => {
    const prefix = `contract/${serial++}`;
    return {
      store: objectStore(s3Blobs(client(server.url, prefix))),
      damage: (digest, bytes) => {
        const path = join(server.data, prefix, "sha256", digest.slice(0, 2), digest.slice(2));
        chmodSync(path, 0o600);
        writeFileSync(path, bytes);
      },
      dispose: () => {},
    };
  });

  test("a server that does as it says passes the probe, which leaves nothing behind", async () => {
    const s3 = client(server.url, "probed");
    await probeS3(s3, systemEntropy);
    expect(
      await s3.text({ method: "GET", key: "", query: { "list-type": "2", prefix: "probed" }, expect: [200] }),
    ).not.toContain("<Key>");
  });

  test("a prefix is one vault's; another is refused, reading or writing", async () => {
    const s3 = client(server.url, "claimed");
    await claimS3(s3, "arqon.local/aaa", false);
    await claimS3(s3, "arqon.local/aaa", true);
    await claimS3(s3, "arqon.local/aaa", true);
    for (const write of [true, false])
      await expect(claimS3(s3, "arqon.local/bbb", write)).rejects.toMatchObject({ code: "STORE_CLAIMED" });
  });

  test("wrong credentials are said to be wrong, without showing them", async () => {
    const s3 = client(server.url, "wrong", "not-the-secret");
    const failed = probeS3(s3, systemEntropy);
    await expect(failed).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    await expect(failed).rejects.toThrow(/SignatureDoesNotMatch/);
    await expect(failed).rejects.not.toThrow(/not-the-secret|only-for-tests/);
  });

  test("an upload that was cut off is taken up where it stopped", async () => {
    const s3 = client(server.url, "resumed");
    let sent = 0;
    const counting = {
      ...s3,
      send: async (request: Parameters<typeof s3.send>[0]) => {
        const isPart = request.method === "PUT" && request.query?.["partNumber"] !== undefined;
        if (isPart && ++sent === 3) throw Object.assign(new Error("cut"), { code: "cut" });
        return s3.send(request);
      },
    };
    const bytes = randomBytes(20 * MIB + 17);
    const object = { sha256: sha256Hex(bytes), size: bytes.length, open: () => inPieces(bytes) };
    const store = objectStore(s3Blobs(counting));
    await expect(store.putLong(object)).rejects.toThrow("cut");
    expect(await store.has(object.sha256)).toBe(false);
    expect(await pendingUploads(s3, "sha256/")).toHaveLength(1);
    await store.putLong(object);
    expect(sent).toBe(4); // Two that arrived, the one that was cut, and the one that was missing.
    expect(Buffer.from((await store.get(object.sha256)) ?? []).equals(bytes)).toBe(true);
    expect(await pendingUploads(s3, "sha256/")).toEqual([]);
  });

  test("an object whose reader fails is given up, and nothing of it stays", async () => {
    const s3 = client(server.url, "given-up");
    const bytes = randomBytes(10 * MIB);
    const store = objectStore(s3Blobs(s3));
    const object = { sha256: sha256Hex(bytes), size: bytes.length, open: () => inPieces(bytes, 9 * MIB) };
    await expect(store.putLong(object)).rejects.toThrow("the reader failed");
    expect(await pendingUploads(s3, "sha256/")).toEqual([]);
    expect(await store.list("")).toEqual([]);
  });

  test("what lies in the bucket is the object itself, under its digest", async () => {
    const store = objectStore(s3Blobs(client(server.url, "plain")));
    const [digest = ""] = await store.put([utf8("visible")]);
    const folder = join(server.data, "plain/sha256", digest.slice(0, 2));
    expect(readdirSync(folder)).toEqual([digest.slice(2)]);
    expect(readFileSync(join(folder, digest.slice(2)), "utf8")).toBe("visible");
  });
});

/** A server in memory that keeps objects, and lies as it is told. */
async function lyingServer(
  lie: "overwrites" | "overwrites, saying no" | "says it overwrote" | "frames",
): Promise<{
  readonly url: string;
  readonly server: Server;
}> {
  const held = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { pathname } = new URL(request.url ?? "/", "http://s3");
    const there = held.has(pathname);
    if (request.method === "PUT") {
      const conditional = request.headers["if-none-match"] === "*";
      if (!there || lie.startsWith("overwrites"))
        held.set(pathname, lie === "frames" ? Buffer.concat([utf8("5\r\n"), body]) : body);
      response
        .writeHead(there && conditional && !/^(overwrites|says it overwrote)$/.test(lie) ? 412 : 200)
        .end();
    } else if (request.method === "GET" && there) response.writeHead(200).end(held.get(pathname));
    else if (request.method === "DELETE") {
      held.delete(pathname);
      response.writeHead(204).end();
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return { url: `s3://bucket?endpoint=http://127.0.0.1:${port}`, server };
}

test.each([
  ["overwrites", /If-None-Match/],
  ["overwrites, saying no", /If-None-Match/],
  ["says it overwrote", /If-None-Match/],
  ["frames", /other bytes/],
] as const)("a server that lies (%s) is refused by its own code", async (lie, message) => {
  const { url, server } = await lyingServer(lie);
  const probe = probeS3(client(url), systemEntropy);
  await expect(probe).rejects.toMatchObject({ code: "STORE_UNFIT" });
  await expect(probe).rejects.toThrow(message);
  server.close();
});

test("an address is read strictly, and plain HTTP is for loopback", () => {
  expect(parseS3Place("s3://lab/runs/?region=eu-central-1")).toEqual({
    bucket: "lab",
    prefix: "runs/",
    address: "https://lab.s3.eu-central-1.amazonaws.com",
    region: "eu-central-1",
  });
  expect(parseS3Place("s3://lab?endpoint=http://127.0.0.1:9000/").address).toBe("http://127.0.0.1:9000/lab");
  for (const wrong of [
    "lab",
    "http://lab",
    "s3://key:secret@lab",
    "s3://lab?endpoint=http://example.com",
    "s3://lab?secret=x",
    "s3://lab/a b",
    "s3://lab?endpoint=nonsense",
    "s3://lab?endpoint=https://key:secret@example.com",
    "s3://lab?endpoint=https://example.com/x%3Fy%3Dz",
    "s3://lab?endpoint=https://example.com%23x",
    "s3://lab?region=example.com/",
  ])
    expect(() => parseS3Place(wrong), wrong).toThrow(expect.objectContaining({ code: "USAGE" }));
  for (const secret of ["s3://key:secret@lab", "s3://lab?endpoint=https://key:secret@example.com"])
    expect(() => parseS3Place(secret)).not.toThrow(/secret/);
});
