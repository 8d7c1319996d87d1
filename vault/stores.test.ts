import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemEntropy } from "@arqon/core/base";
import { verifyBundle } from "@arqon/core/bundle";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  keyValidity,
  type LocalVaultHandle,
  openVault,
  readTrust,
  type StorePlaces,
  storesFrom,
  writePolicy,
} from "./front.ts";
import {
  postgresFolder,
  S3_TEST_KEYS,
  type Service,
  s3Folder,
  startPostgres,
  startS3,
  temporaryHomes,
  testDraft,
} from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);

async function using<T>(
  home: string,
  stores: StorePlaces,
  use: (vault: LocalVaultHandle) => Promise<T>,
): Promise<T> {
  const vault = await openVault({ home, stores, clock: systemClock, entropy: systemEntropy });
  try {
    return await use(vault);
  } finally {
    await vault.close();
  }
}

test("the environment names stores and credentials", () => {
  expect(storesFrom({})).toEqual({});
  expect(
    storesFrom({
      ARQON_INDEX: "postgres://x",
      ARQON_OBJECTS: "s3://y",
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
    }),
  ).toEqual({ index: "postgres://x", objects: "s3://y", s3: { accessKeyId: "a", secretAccessKey: "b" } });
});

describe.skipIf(s3Folder() === undefined)("a vault with its objects on S3", () => {
  let s3: Service;
  let serial = 0;
  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(() => s3.stop());
  const places = (): StorePlaces => ({
    objects: s3.url.replace("?", `/vault${serial++}?`),
    s3: S3_TEST_KEYS,
  });

  test("seals, verifies, collects, and says where its objects are without a secret", async () => {
    const [home, stores] = [newHome(), places()];
    await using(home, stores, async (vault) => {
      const { recordId } = await vault.seal(testDraft(), "on S3");
      const trust = await readTrust(home);
      expect((await verifyBundle(await vault.bundle(recordId), { trust })).verdict).toBe("VERIFIED");
      expect(await vault.check()).toEqual([]);
      expect(await vault.collect({ graceMs: -60_000, delete: true })).toMatchObject({ garbage: 0, young: 0 });
    });
    const kept = readFileSync(join(home, "stores.json"), "utf8");
    expect(kept).toContain("s3://tests/vault");
    expect(kept).not.toContain(S3_TEST_KEYS.secretAccessKey);
    // It is found again without being named, and refuses another place.
    await using(home, { s3: S3_TEST_KEYS }, async (vault) => expect(await vault.check()).toEqual([]));
    await expect(using(home, places(), async () => {})).rejects.toMatchObject({ code: "STORE_CLAIMED" });
    await expect(using(home, {}, async () => {})).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    await expect(using(newHome(), stores, async () => {})).rejects.toMatchObject({ code: "STORE_CLAIMED" });
  });

  test("a vault that has objects of its own is not moved by naming another place", async () => {
    const home = newHome();
    await using(home, {}, async (vault) => vault.seal(testDraft(), "here"));
    await expect(using(home, places(), async () => {})).rejects.toMatchObject({ code: "STORE_CLAIMED" });
  });

  test("the secret of the store never enters a bundle", async () => {
    await using(newHome(), places(), async (vault) => {
      const record: [string, Uint8Array][] = [
        ["log.txt", Buffer.from(`key ${S3_TEST_KEYS.secretAccessKey}`)],
      ];
      await expect(vault.seal(testDraft({ record }), "x")).rejects.toMatchObject({ code: "SECRET_FOUND" });
    });
  });
});

describe.skipIf(postgresFolder() === undefined)("a vault with its index on PostgreSQL", () => {
  let postgres: Service & { readonly data: string };
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  test("seals, imports, finds, rebuilds; another vault is refused, and a lost index is filled again", async () => {
    const [home, there] = [newHome(), newHome()];
    const stores = { index: postgres.url };
    const files = await using(there, {}, async (vault) =>
      vault.bundle((await vault.seal(testDraft({ seed: 9 }), "theirs")).recordId),
    );
    const before = await using(home, stores, async (vault) => {
      await vault.seal(testDraft({ seed: 1 }), "one");
      await vault.import(files, "two");
      await vault.seal(testDraft({ seed: 2, jobId: "0198c0de-0000-7000-8000-000000000002" }), "three");
      expect(await vault.check()).toEqual([]);
      const rows = await vault.list(9);
      expect(rows.map(({ title }) => title)).toEqual(["three", "two", "one"]);
      expect(await vault.reindex()).toBe(3);
      expect(await vault.list(9)).toEqual(rows);
      expect((await vault.lineage(rows[0]?.artifactId ?? "", 3)).ancestors).toHaveLength(1);
      return rows;
    });
    await expect(using(newHome(), stores, async () => {})).rejects.toMatchObject({ code: "STORE_CLAIMED" });
    // Without the database the same is read from ledgers and objects.
    await using(home, {}, async (vault) => expect(await vault.list(9)).toEqual(before));
  });

  test("that encrypts shows nothing of its records there, and answers as before; turned later, it forgets what was plain", async () => {
    const home = newHome();
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await client.query("create database covered");
    const stores = { index: postgres.url.replace(/postgres$/, "covered") };
    const {
      rows: [{ oid }],
    } = await client.query("select oid from pg_database where datname = 'covered'");
    const shown = async (): Promise<string[]> => {
      await client.query("checkpoint");
      return ["a title for people", "sim-test", "execution.json", "0198c0de", "replayOf"].filter((text) =>
        readdirSync(join(postgres.data, "base", String(oid)), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(text)),
      );
    };
    const before = await using(home, stores, async (vault) => {
      await vault.seal(testDraft({ seed: 1 }), "a title for people");
      return vault.list(9);
    });
    expect(await shown()).toContain("a title for people");
    writePolicy(home, { encryptAtRest: true });
    const rows = await using(home, stores, async (vault) => {
      expect(await vault.list(9)).toEqual(before);
      await vault.encryptObjects();
      await vault.seal(testDraft({ seed: 2 }), "a title for people, too");
      expect(await vault.check()).toEqual([]);
      return vault.list(9);
    });
    expect(rows.map(({ title }) => title)).toEqual(["a title for people, too", "a title for people"]);
    expect(await shown()).toEqual([]);
    await using(home, stores, async (vault) => {
      await vault.keys.rotate("at-rest", keyValidity(systemClock));
      expect(await vault.list(9)).toEqual(rows);
      expect(await vault.latest("run", rows[0]?.backendId ?? "", "artifact.json")).toEqual(rows[0]);
      expect(await vault.reindex()).toBe(2);
      expect(await vault.list(9)).toEqual(rows);
    });
    // A lost key loses nothing: the index is filled again under a new one.
    rmSync(join(home, "index-key"));
    await using(home, stores, async (vault) => expect(await vault.list(9)).toEqual(rows));
    await client.end();
  });
});
