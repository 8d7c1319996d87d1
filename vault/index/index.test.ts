import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "@arqon/core/base";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { IN_MEMORY } from "../sqlite/index.ts";
import { postgresFolder, startPostgres } from "../testing/index.ts";
import { describeIndex, testEntry } from "./describe-index.ts";
import { openIndex } from "./index.ts";

describeIndex("SQLite", async () => {
  const root = mkdtempSync(join(tmpdir(), "arqon-index-"));
  let serial = 0;
  return {
    next: async () => ({ path: join(root, `${serial++}.sqlite`) }),
    stop: async () => rmSync(root, { recursive: true }),
  };
});

describe.skipIf(postgresFolder() === undefined)("on a real server", () => {
  describeIndex("PostgreSQL", async () => {
    const server = await startPostgres();
    let serial = 0;
    return {
      async next() {
        const client = new pg.Client(server.url);
        await client.connect();
        await client.query(`CREATE DATABASE index${serial}`);
        await client.end();
        return { postgres: server.url.replace(/postgres$/, `index${serial++}`) };
      },
      stop: server.stop,
    };
  });

  test("a wrong password or an absent server has its code, and no password in what it says", async () => {
    const server = await startPostgres();
    const wrong = server.url.replace("only-for-tests", "secret-guess");
    for (const postgres of [wrong, "postgres://arqon:secret-guess@127.0.0.1:1/none"]) {
      const failed = openIndex({ place: { postgres }, clock: systemClock });
      await expect(failed).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
      await expect(failed).rejects.not.toThrow(/secret-guess/);
    }
    await server.stop();
  });
});

test("an index in memory is an index", async () => {
  const index = await openIndex({ place: { path: IN_MEMORY }, clock: systemClock });
  await index.add([testEntry(0)]);
  expect(await index.list(9)).toHaveLength(1);
  await index.close();
});

test("an index of before there were steps is made anew, and filled again by whoever opens it", async () => {
  const root = mkdtempSync(join(tmpdir(), "arqon-index-"));
  const path = join(root, "index.sqlite");
  const old = new DatabaseSync(path);
  old.exec(
    "CREATE TABLE run (seq INTEGER PRIMARY KEY, title TEXT); CREATE TABLE mark (name TEXT, value INTEGER)",
  );
  old.exec("PRAGMA user_version = 1; INSERT INTO run (title) VALUES ('old')");
  old.close();
  const index = await openIndex({ place: { path }, clock: systemClock });
  expect(await index.list(9)).toEqual([]);
  await index.close();
  rmSync(root, { recursive: true });
});

test("an address that would send records over a network in plain text is refused", async () => {
  for (const postgres of [
    "postgres://a:b@example.com/x",
    "postgres://a:b@localhost/x?host=192.0.2.9",
    "postgres:///x?host=example.com",
    "postgres://a:b@example.com/x?sslmode=verify-full&sslmode=disable",
    "mysql://127.0.0.1/x",
    "nonsense",
  ])
    await expect(openIndex({ place: { postgres }, clock: systemClock })).rejects.toMatchObject({
      code: "USAGE",
    });
});
