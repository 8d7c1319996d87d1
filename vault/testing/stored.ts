import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "@arqon/core/base";
import { localBlobs, type ObjectStore, objectStore } from "../objects/index.ts";

/** The objects of a home, opened beside its vault. */
export async function objectsOf(home: string): Promise<ObjectStore> {
  return objectStore(await localBlobs(join(home, "objects"), systemClock));
}

/** A home's small objects as they lie on the disk, to be spoiled behind the vault's back. */
export interface StoredObjects extends Disposable {
  readonly names: readonly string[];
  bytes(name: string): Uint8Array;
  alter(name: string, bytes: Uint8Array): void;
  remove(name: string): void;
  /** Sets when it was written: microseconds since 1970. */
  age(name: string, writtenUs: number): void;
}

export function storedObjects(home: string): StoredObjects {
  const db = new DatabaseSync(join(home, "objects", "small.sqlite"), { timeout: 1000 });
  const key = (name: string): Uint8Array => Buffer.from(name, "hex");
  return {
    names: db
      .prepare("SELECT lower(hex(name)) AS name FROM blob")
      .all()
      .map((row) => String(row["name"])),
    bytes: (name) =>
      db.prepare("SELECT bytes FROM blob WHERE name = ?").get(key(name))?.["bytes"] as Uint8Array,
    alter: (name, bytes) => void db.prepare("UPDATE blob SET bytes = ? WHERE name = ?").run(bytes, key(name)),
    remove: (name) => void db.prepare("DELETE FROM blob WHERE name = ?").run(key(name)),
    age: (name, writtenUs) =>
      void db.prepare("UPDATE blob SET written_us = ? WHERE name = ?").run(writtenUs, key(name)),
    [Symbol.dispose]: () => db.close(),
  };
}
