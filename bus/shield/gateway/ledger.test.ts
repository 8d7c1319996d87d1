import { connect } from "node:http2";
import { ArqonError, systemEntropy, systemTimer } from "@arqon/core/base";
import { expect, test } from "vitest";
import { fakeBus } from "./fake-bus.fixture.ts";
import { startGateway } from "./gateway.ts";
import { ANYONE } from "./ledger.ts";

const KEY = { Authorization: `Bearer ${"k".repeat(32)}` };

async function world(isPublic: boolean) {
  const bus = fakeBus();
  const keyOf = async (identities: readonly string[]): Promise<string> => {
    if (isPublic && identities.includes(ANYONE)) return ANYONE;
    throw new ArqonError("AUTH_REQUIRED", "nobody lists it");
  };
  const timer = systemTimer();
  const gateway = await startGateway({ openClient: bus.open, keyOf, timer, entropy: systemEntropy });
  const get = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
    fetch(gateway.url + path, { headers, method });
  return { bus, gateway, get, [Symbol.asyncDispose]: () => gateway.close() };
}

test("tiles may be kept for good, the checkpoint is asked for again, and what the caller has is not sent", async () => {
  await using w = await world(false);
  const tile = await w.get("/ledger/runs/tile/0/000", KEY);
  expect(tile.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
  expect(tile.headers.get("content-type")).toBe("application/octet-stream");
  expect(tile.headers.get("vary")).toBe("Authorization");
  expect(await tile.bytes()).toEqual(w.bus.zip.subarray(800));
  const entries = await w.get("/ledger/runs/tile/entries/000", KEY);
  expect([entries.headers.get("etag"), entries.headers.get("content-length")]).toEqual([null, "1000"]);
  expect(await entries.bytes()).toEqual(w.bus.zip);
  const note = await w.get("/ledger/governance/checkpoint", KEY);
  expect(note.headers.get("cache-control")).toBe("private, no-cache");
  expect(note.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(await note.text()).toBe("governance\n");
  const etag = note.headers.get("etag") ?? "";
  expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const again = await w.get("/ledger/governance/checkpoint", { ...KEY, "If-None-Match": known });
    expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
  }
  const other = await w.get("/ledger/governance/checkpoint", { ...KEY, "If-None-Match": '"other"' });
  expect(other.status).toBe(200);
});

test("a head has no body, by HTTP/1 and by HTTP/2", async () => {
  await using w = await world(false);
  const one = await w.get("/ledger/runs/tile/0/000", KEY, "HEAD");
  expect([one.status, one.headers.get("content-length"), await one.text()]).toEqual([200, "200", ""]);
  const session = connect(w.gateway.url);
  const path = "/ledger/runs/tile/0/000";
  const stream = session.request({ ":path": path, ":method": "HEAD", authorization: KEY.Authorization });
  const head = await new Promise<Record<string, unknown>>((resolve, reject) => {
    stream.once("response", (headers) => resolve(headers));
    stream.once("error", reject);
  });
  expect([head[":status"], head["content-length"]]).toEqual([200, "200"]);
  session.destroy();
});

test("without a key a log is read only where everyone may, and then only what everyone may", async () => {
  await using closed = await world(false);
  const refused = await closed.get("/ledger/runs/checkpoint");
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toBe("Bearer");
  expect(((await refused.json()) as { code: string }).code).toBe("AUTH_REQUIRED");
  await using open = await world(true);
  const read = await open.get("/ledger/runs/checkpoint");
  expect([read.status, await read.text(), read.headers.get("cache-control")]).toEqual([
    200,
    "runs\n",
    "public, no-cache",
  ]);
  expect((await open.get("/ledger/governance/checkpoint")).status).toBe(403);
  expect((await open.get("/ledger/runs/checkpoint", { Authorization: "Bearer wrong" })).status).toBe(401);
  expect((await open.get("/v1/artifacts/sha256:aa")).status).toBe(401);
});

test("what is not a file of a log is not asked for", async () => {
  await using w = await world(false);
  const code = async (path: string): Promise<[number, string]> => {
    const answer = await w.get(path, KEY);
    return [answer.status, ((await answer.json()) as { code: string }).code];
  };
  expect(await code("/ledger/runs/tile/0/999")).toEqual([404, "LEDGER_FILE_UNKNOWN"]);
  for (const path of [
    "/ledger/other/checkpoint",
    "/ledger/runs/",
    "/ledger/runs/%2e%2e%2fx",
    "/ledger/runs/A",
  ])
    expect(await code(path), path).toEqual([404, "USAGE"]);
  expect((await w.get("/ledger/runs/checkpoint", KEY, "DELETE")).headers.get("allow")).toBe("GET, HEAD");
});
