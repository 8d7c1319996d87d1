/** A place for bytes that fails on purpose, as disks and networks do. */
import { ArqonError } from "@arqon/core/base";
import type { Blobs } from "./blobs.ts";

/** What is done to it. */
export type BlobOperation = "write" | "writeLong" | "read" | "readLong" | "stat" | "list" | "remove";

/**
 * What goes wrong: `refused` does nothing and says so; `unanswered` does it and then says it failed; `cut` keeps only
 * some of several blobs, or of a long one, and says it failed; `flipped` gives back a byte changed.
 */
export type BlobFault = "refused" | "unanswered" | "cut" | "flipped";

/** Wraps `blobs`; `plan` says what goes wrong with each operation, if anything. */
export function faultyBlobs(
  blobs: Blobs,
  plan: (operation: BlobOperation, name: string) => BlobFault | undefined,
): Blobs {
  const fail = (operation: BlobOperation, name: string): never => {
    throw new ArqonError("STORE_UNREACHABLE", `${operation} of ${name.slice(0, 12)} failed on purpose`);
  };
  const around = async <T>(operation: BlobOperation, name: string, work: () => Promise<T>): Promise<T> => {
    const fault = plan(operation, name);
    if (fault === "refused") fail(operation, name);
    const result = await work();
    return fault === "unanswered" || fault === "cut" ? fail(operation, name) : result;
  };
  return {
    ...blobs,
    async write(all, mark) {
      const name = all[0]?.name ?? "";
      const fault = plan("write", name);
      if (fault === "refused") fail("write", name);
      await blobs.write(fault === "cut" ? all.slice(0, all.length / 2) : all, mark);
      if (fault !== undefined && fault !== "flipped") fail("write", name);
    },
    async writeLong(name, bytes, size, head) {
      const fault = plan("writeLong", name);
      if (fault === "refused") fail("writeLong", name);
      const given = fault === "cut" ? cut(bytes, () => fail("writeLong", name)) : bytes;
      await blobs.writeLong(name, given, size, head);
      if (fault === "unanswered") fail("writeLong", name);
    },
    async read(name) {
      const fault = plan("read", name);
      if (fault === "refused" || fault === "unanswered") fail("read", name);
      const bytes = await blobs.read(name);
      return bytes && damage(bytes, fault);
    },
    async readLong(name) {
      const fault = plan("readLong", name);
      if (fault === "refused") fail("readLong", name);
      const bytes = await blobs.readLong(name);
      if (!bytes || !fault) return bytes;
      return (async function* () {
        for await (const piece of bytes) yield damage(piece, fault);
        if (fault !== "flipped") fail("readLong", name);
      })();
    },
    stat: (name) => around("stat", name, () => blobs.stat(name)),
    list: (prefix) => around("list", prefix, () => blobs.list(prefix)),
    remove: (name) => around("remove", name, () => blobs.remove(name)),
  };
}

function damage(bytes: Uint8Array, fault: BlobFault | undefined): Uint8Array {
  if (fault === "cut") return bytes.subarray(0, bytes.length / 2);
  if (fault !== "flipped" || bytes.length === 0) return bytes;
  const copy = bytes.slice();
  copy[copy.length >> 1] = (copy[copy.length >> 1] as number) ^ 1;
  return copy;
}

async function* cut(bytes: AsyncIterable<Uint8Array>, fail: () => never): AsyncIterable<Uint8Array> {
  for await (const piece of bytes) {
    yield piece.subarray(0, piece.length / 2);
    fail();
  }
}
