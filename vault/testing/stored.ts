import { readFileSync } from "node:fs";
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
  const both = (change: (table: string) => unknown): void => ["blob", "packed"].forEach(change);
  const key = (name: string): Uint8Array => Buffer.from(name, "hex");
  return {
    names: db
      .prepare("SELECT lower(hex(name)) AS name FROM blob UNION ALL SELECT lower(hex(name)) FROM packed")
      .all()
      .map((row) => String(row["name"])),
    bytes(name) {
      const row = db.prepare("SELECT pack, at, bytes FROM packed WHERE name = ?").get(key(name));
      if (!row)
        return db.prepare("SELECT bytes FROM blob WHERE name = ?").get(key(name))?.["bytes"] as Uint8Array;
      const pack = readFileSync(join(home, "objects", "packs", String(row["pack"])));
      return pack.subarray(Number(row["at"]), Number(row["at"]) + Number(row["bytes"]));
    },
    alter(name, bytes) {
      this.remove(name);
      db.prepare("INSERT INTO blob (name, bytes, written_us) VALUES (?, ?, 0)").run(key(name), bytes);
    },
    remove: (name) => both((table) => db.prepare(`DELETE FROM ${table} WHERE name = ?`).run(key(name))),
    age: (name, writtenUs) =>
      both((table) =>
        db.prepare(`UPDATE ${table} SET written_us = ? WHERE name = ?`).run(writtenUs, key(name)),
      ),
    [Symbol.dispose]: () => db.close(),
  };
}
