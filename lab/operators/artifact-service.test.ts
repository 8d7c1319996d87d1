import { concatBytes } from "@arqon/core/base";
import { type BundleFiles, readZip, writeZip } from "@arqon/core/bundle";
import { BundleGetSchema, create } from "@arqon/core/wire";
import { describe, expect, test } from "vitest";
import { ArtifactService, CHUNK_BYTES } from "./artifact-service.ts";

/** A vault of one-file bundles of given sizes, by id. */
function setUp(sizes: Readonly<Record<string, number>>, cacheBytes?: number) {
  const made: string[] = [];
  const bundle = async (recordId: string): Promise<BundleFiles> => {
    made.push(recordId);
    return new Map([["a.bin", new Uint8Array(sizes[recordId] ?? 0).fill(7)]]);
  };
  const find = async (id: string) => ({ recordId: id }) as never;
  const service = new ArtifactService({ find, bundle }, cacheBytes);
  const get = (artifactId: string, offset = 0) =>
    service.chunk(create(BundleGetSchema, { artifactId, offset: BigInt(offset) }), "lab");
  return { made, bundle, get };
}

describe("the bundle service", () => {
  test("gives the canonical archive in chunks that fit together, made once", async () => {
    const { get, made, bundle } = setUp({ a: 600_000 });
    const parts: Uint8Array[] = [];
    let offset = 0;
    for (let total = 1; offset < total; ) {
      const chunk = await get("a", offset);
      expect(chunk.data.length).toBeLessThanOrEqual(CHUNK_BYTES);
      parts.push(chunk.data);
      offset += chunk.data.length;
      total = Number(chunk.totalBytes);
    }
    expect(made).toEqual(["a"]);
    const zip = concatBytes(...parts);
    expect(zip).toEqual(writeZip(await bundle("a")));
    expect(readZip(zip).get("a.bin")).toHaveLength(600_000);
  });

  test("keeps what was asked for last, within its bound", async () => {
    const { get, made } = setUp({ a: 4000, b: 4000, c: 4000 }, 10_000);
    for (const id of ["a", "b", "a", "c", "a", "b"]) await get(id);
    expect(made).toEqual(["a", "b", "c", "b"]);
  });

  test("makes an archive once for requests that come together", async () => {
    const { get, made } = setUp({ a: 10 });
    await Promise.all([get("a"), get("a"), get("a")]);
    expect(made).toEqual(["a"]);
  });

  test("refuses an offset outside the archive", async () => {
    const { get } = setUp({ a: 10 });
    await expect(get("a", 1_000_000)).rejects.toMatchObject({ code: "USAGE" });
  });

  test("does not remember a failure", async () => {
    let fails = true;
    const service = new ArtifactService({
      find: async () => ({ recordId: "a" }) as never,
      bundle: async () => {
        if (fails) throw new Error("disk");
        return new Map([["a.bin", new Uint8Array(1)]]);
      },
    });
    const get = create(BundleGetSchema, { artifactId: "a" });
    await expect(service.chunk(get, "lab")).rejects.toThrow("disk");
    fails = false;
    expect((await service.chunk(get, "lab")).data.length).toBeGreaterThan(0);
  });
});
