import { randomBytes } from "node:crypto";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArqonError, sha256Hex, systemClock, systemEntropy, systemTimer, utf8 } from "@arqon/core/base";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { sealedCodec } from "../at-rest.ts";
import type { DataKeys } from "../sealed/index.ts";
import { S3_TEST_KEYS, s3Folder, startS3 } from "../testing/index.ts";
import { describeObjects } from "./describe-objects.ts";
import { claimS3, objectStore, parseS3Place, probeS3, s3Blobs, s3Client, uploadJournal } from "./index.ts";
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

  describe("an encrypted upload", () => {
    const keys = memoryKeys();
    const codec = sealedCodec(keys, systemEntropy);
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "arqon-uploads-"));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    /** A client that loses the connection at part `cutAt`, and keeps every part that was sent to it. */
    function cutting(prefix: string, cutAt: number) {
      const s3 = client(server.url, prefix);
      const sent: { readonly number: number; readonly bytes: Uint8Array }[] = [];
      const send = async (request: Parameters<typeof s3.send>[0]): Promise<Response> => {
        const number = request.method === "PUT" ? Number(request.query?.["partNumber"] ?? 0) : 0;
        if (number > 0) sent.push({ number, bytes: (request.body ?? new Uint8Array()).slice() });
        if (sent.length === cutAt && number > 0) throw Object.assign(new Error("cut"), { code: "cut" });
        return s3.send(request);
      };
      return {
        s3,
        sent,
        store: () =>
          objectStore(s3Blobs({ ...s3, send }, uploadJournal(directory, systemEntropy)), { codec }),
      };
    }
    const objectOf = (bytes: Uint8Array, sha256 = sha256Hex(bytes)) => ({
      sha256,
      size: bytes.length,
      open: () => inPieces(bytes),
    });

    test("that was cut off goes on where it stopped, under the same key, with the same bytes", async () => {
      const { s3, sent, store } = cutting("sealed-resumed", 3);
      const bytes = randomBytes(20 * MIB + 17);
      const object = objectOf(bytes);
      await expect(store().putLong(object)).rejects.toThrow("cut");
      // As after kill -9: the process that noted it is no more.
      const [notes = ""] = readdirSync(directory);
      renameSync(join(directory, notes), join(directory, notes.replace(/[0-9]+$/, "4194999")));
      await store().putLong(object);
      expect(sent.map(({ number }) => number)).toEqual([1, 2, 3, 3]);
      expect(Buffer.compare(sent[2]?.bytes ?? bytes, sent[3]?.bytes ?? bytes)).toBe(0);
      expect(Buffer.from((await store().get(object.sha256)) ?? []).equals(bytes)).toBe(true);
      expect(await pendingUploads(s3, "sha256/")).toEqual([]);
      expect(readdirSync(directory)).toEqual([]);
    });

    test("whose bytes are others than before is given up before any of them is sent, and begins anew under another key", async () => {
      const { s3, sent, store } = cutting("sealed-changed", 3);
      const bytes = randomBytes(20 * MIB);
      const object = objectOf(bytes);
      await expect(store().putLong(object)).rejects.toThrow("cut");
      for (const [at, before] of [
        [100, 3],
        [17 * MIB, 3],
      ] as const) {
        const others = Uint8Array.from(bytes);
        others[at] = (others[at] as number) ^ 1;
        if (at > MIB) {
          sent.length = 0;
          await expect(store().putLong(object)).rejects.toThrow("cut");
        }
        await expect(store().putLong(objectOf(others, object.sha256))).rejects.toMatchObject({
          code: "BUNDLE_TAMPERED",
        });
        expect(sent).toHaveLength(before);
        expect(readdirSync(directory)).toEqual([]);
        expect(await pendingUploads(s3, "sha256/")).toEqual([]);
      }
      sent.push({ number: 0, bytes });
      await store().putLong(object);
      const [first, ...again] = sent.filter(({ number }) => number === 1);
      for (const part of again) expect(Buffer.compare(first?.bytes ?? bytes, part.bytes)).not.toBe(0);
      expect(Buffer.from((await store().get(object.sha256)) ?? []).equals(bytes)).toBe(true);
    });

    test("begins anew where its notes are lost, damaged or in use, or its key is gone", async () => {
      for (const spoil of [
        (path: string) => rmSync(path),
        (path: string) => writeFileSync(path, "{}\n"),
        (path: string) => renameSync(path, path.replace(/[0-9]+$/, String(process.ppid))),
        () => keys.forget(),
      ]) {
        const { sent, store } = cutting(`sealed-anew/${serial++}`, 2);
        const bytes = randomBytes(9 * MIB);
        const object = objectOf(bytes);
        await expect(store().putLong(object)).rejects.toThrow("cut");
        for (const name of readdirSync(directory)) spoil(join(directory, name));
        await store().putLong(object);
        expect(sent.map(({ number }) => number)).toEqual([1, 2, 1, 2]);
        expect(Buffer.from((await store().get(object.sha256)) ?? []).equals(bytes)).toBe(true);
        for (const name of readdirSync(directory)) rmSync(join(directory, name));
      }
    });

    test("that somebody with the same process number goes on with sends nothing more that was not noted", () => {
      const [name, head] = ["ab".repeat(32), utf8("head")];
      const [one, other] = [uploadJournal(directory, systemEntropy), uploadJournal(directory, systemEntropy)];
      const notes = one.begin(name, head, 5);
      expect(notes.agrees(1, utf8("one"))).toBe(true);
      expect(other.headOf(name, 5)).toEqual(head);
      const taken = other.begin(name, head, 5);
      expect(() => notes.agrees(2, utf8("two"))).toThrow(expect.objectContaining({ code: "VAULT_BUSY" }));
      expect([taken.agrees(1, utf8("other")), taken.agrees(2, utf8("2"))]).toEqual([false, true]);
      expect(readdirSync(directory)).toHaveLength(1);
    });

    test("that goes on elsewhere at the same time has a head of its own", () => {
      const journal = uploadJournal(directory, systemEntropy);
      const [name, head] = ["ab".repeat(32), utf8("head")];
      const notes = journal.begin(name, head, 5);
      expect(notes.agrees(1, utf8("one"))).toBe(true);
      expect(journal.headOf(name, 5)).toBeUndefined();
      notes.rest();
      expect(journal.headOf(name, 6)).toBeUndefined();
      expect(journal.headOf(name, 5)).toEqual(head);
      expect(journal.headOf(name, 5)).toBeUndefined();
      const again = journal.begin(name, head, 5);
      expect([
        again.agrees(1, utf8("other")),
        again.agrees(1, utf8("one")),
        again.agrees(3, utf8("x")),
      ]).toEqual([false, true, false]);
      again.rest();
      journal.keepOnly((each) => each === name);
      expect(readdirSync(directory)).toHaveLength(1);
      journal.keepOnly(() => false);
      expect(readdirSync(directory)).toEqual([]);
    });
  });

  test("an upload that fails lets go of what it was reading", async () => {
    const s3 = client(server.url, "let-go");
    const bytes = randomBytes(10 * MIB);
    const send = async (request: Parameters<typeof s3.send>[0]): Promise<Response> => {
      if (request.query?.["partNumber"] !== undefined) throw new Error("cut");
      return s3.send(request);
    };
    for (const codec of [undefined, sealedCodec(memoryKeys(), systemEntropy)]) {
      let isOpen = false;
      const open = async function* (): AsyncIterable<Uint8Array> {
        isOpen = true;
        try {
          yield* inPieces(bytes);
        } finally {
          isOpen = false;
        }
      };
      const store = objectStore(s3Blobs({ ...s3, send }), { codec });
      await expect(store.putLong({ sha256: sha256Hex(bytes), size: bytes.length, open })).rejects.toThrow();
      await vi.waitFor(() => expect(isOpen).toBe(false), { timeout: 20_000 });
    }
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

/** Wraps data keys by keeping them. */
function memoryKeys(): DataKeys & { forget(): void } {
  const held = new Map<string, Uint8Array>();
  return {
    async wrap(dataKey) {
      const wrapped = randomBytes(16);
      held.set(wrapped.toString("hex"), dataKey.slice());
      return { keyId: "k", wrapped };
    },
    async unwrap(_, wrapped) {
      const key = held.get(Buffer.from(wrapped).toString("hex"));
      if (!key) throw new ArqonError("KEY_UNKNOWN", "it was forgotten");
      return key.slice();
    },
    isNewest: () => true,
    forget: () => held.clear(),
  };
}

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
    "s3://b/p",
    "s3://lab/a b",
    "s3://lab?endpoint=nonsense",
    "s3://lab?endpoint=https://key:secret@example.com",
    "s3://lab?endpoint=https://example.com/x%3Fy%3Dz",
    "s3://lab?endpoint=https://example.com%23x",
    "s3://lab?region=example.com/",
  ])
    expect(() => parseS3Place(wrong), wrong).toThrow(expect.objectContaining({ code: "USAGE" }));
  expect(() => parseS3Place("s3://b/p")).toThrow(/3 to 63/);
  for (const secret of ["s3://key:secret@lab", "s3://lab?endpoint=https://key:secret@example.com"])
    expect(() => parseS3Place(secret)).not.toThrow(/secret/);
});
