import { DatabaseSync } from "node:sqlite";
import { systemClock, utf8 } from "@arqon/core/base";
import {
  BOTH_SUITES,
  EMPTY_ROOT,
  leafHash,
  parseCheckpoint,
  parseTlogProof,
  rootOfLeaves,
  systemVerifier,
  verifyCheckpoint,
  verifyConsistency,
  verifyTlogProof,
} from "@arqon/core/proof";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { startChild, temporaryHomes, testSigners } from "../testing/index.ts";
import { type Ledger, openLedger, type Receipt } from "./index.ts";

const newHome = temporaryHomes(afterEach);
const entry = (i: number): Uint8Array => utf8(`entry ${i}`);

function open(home: string): Promise<Ledger> {
  const signers = testSigners(home, systemClock);
  const path = `${home}/ledger.sqlite`;
  return openLedger({ path, origin: "test/log", clock: systemClock, keys: signers, signers: () => signers });
}

/** Changes the tables as someone with the file in hand could. */
function meddle(home: string, ...statements: string[]): void {
  const db = new DatabaseSync(`${home}/ledger.sqlite`);
  for (const table of ["leaf", "node", "checkpoint"])
    db.exec(`DROP TRIGGER ${table}_no_update; DROP TRIGGER ${table}_no_delete`);
  for (const statement of statements) db.exec(statement);
  db.close();
}

test("every append up to 200 entries gets a proof and a checkpoint that verify, and all stay consistent", async () => {
  const home = newHome();
  const ledger = await open(home);
  const keys = testSigners(home, systemClock);
  const leaves: Uint8Array[] = [];
  const roots = [EMPTY_ROOT];
  for (let i = 0; i < 200; i++) {
    const [receipt] = await ledger.append([entry(i)]);
    leaves.push(leafHash(entry(i)));
    const proof = parseTlogProof(receipt?.proof ?? "");
    expect(receipt?.index).toBe(i);
    expect([proof.index, proof.signed.size, proof.signed.origin]).toEqual([i, i + 1, "test/log"]);
    expect(verifyTlogProof(proof, entry(i))).toBe(true);
    expect(verifyTlogProof(proof, entry(i + 1))).toBe(false);
    expect(proof.signed.root).toEqual(rootOfLeaves(leaves));
    roots.push(proof.signed.root);
    if (i % 40 === 0) {
      const verdict = await verifyCheckpoint(proof.signed, {
        keys,
        require: BOTH_SUITES,
        verifier: systemVerifier(),
      });
      expect(verdict.status).toBe("ok");
    }
  }
  for (let newer = 1; newer <= 200; newer += 3)
    for (let older = 0; older <= newer; older++) {
      const proof = ledger.consistency(older, newer);
      const [a, b] = [roots[older] as Uint8Array, roots[newer] as Uint8Array];
      expect(verifyConsistency(older, newer, proof, a, b), `${older} in ${newer}`).toBe(true);
      if (older > 0 && older < newer) expect(verifyConsistency(older, newer, proof, b, a)).toBe(false);
    }
  await ledger.verify("all");
  ledger.close();
});

test("entries appended in batches of any size verify under the newest checkpoint", async () => {
  const ledger = await open(newHome());
  const all: Uint8Array[] = [];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 70 }),
      async (batch) => {
        const receipts = await ledger.append(batch);
        for (const [i, receipt] of receipts.entries()) {
          expect(receipt.index).toBe(all.length + i);
          expect(verifyTlogProof(parseTlogProof(receipt.proof), batch[i] as Uint8Array)).toBe(true);
        }
        all.push(...batch);
        const any = all.length >> 1;
        expect(verifyTlogProof(parseTlogProof(ledger.prove(any)), all[any] as Uint8Array)).toBe(true);
      },
    ),
    { numRuns: 25 },
  );
  expect(ledger.size()).toBe(all.length);
  expect((await ledger.entries(2, 3)).map((bytes) => Buffer.from(bytes).toString("hex"))).toEqual(
    all.slice(2, 5).map((bytes) => Buffer.from(bytes).toString("hex")),
  );
  await ledger.verify("all");
  ledger.close();
});

test("an entry whose completion fails is not in the log", async () => {
  const ledger = await open(newHome());
  await ledger.append([entry(0)]);
  const failing = ledger.appendWith([leafHash(entry(1))], () => Promise.reject(new Error("disk full")));
  await expect(failing).rejects.toThrow("disk full");
  expect(ledger.size()).toBe(1);
  const [receipt] = (await ledger.appendWith([leafHash(entry(1))], async () => [utf8("note")])) as [Receipt];
  expect(receipt.index).toBe(1);
  expect(await ledger.entries(1, 9)).toEqual([utf8("note")]);
  await ledger.verify("all");
  ledger.close();
});

test("a log opened again keeps its name, its entries and its order", async () => {
  const home = newHome();
  const first = await open(home);
  await first.append([entry(0), entry(1), entry(2)]);
  const root = parseCheckpoint(first.checkpoint() ?? "").root;
  first.close();
  const second = await open(home);
  expect(second.size()).toBe(3);
  expect(parseCheckpoint(second.checkpoint() ?? "").root).toEqual(root);
  second.close();
});

test("the tables refuse changes", async () => {
  const home = newHome();
  const ledger = await open(home);
  await ledger.append([entry(0), entry(1)]);
  const db = new DatabaseSync(`${home}/ledger.sqlite`);
  for (const statement of [
    "UPDATE leaf SET entry = x'00'",
    "DELETE FROM leaf",
    "UPDATE node SET hash = x'00'",
    "DELETE FROM node",
    "UPDATE checkpoint SET note = ''",
    "DELETE FROM checkpoint",
    "INSERT INTO leaf VALUES (7, x'00')",
    "INSERT OR REPLACE INTO node VALUES (0, 0, x'00')",
    "INSERT OR REPLACE INTO checkpoint VALUES (2, '')",
  ])
    expect(() => db.exec(statement), statement).toThrow(/append|order|grow/);
  db.close();
  ledger.close();
});

test.each([
  ["a leaf's hash was altered", "UPDATE node SET hash = zeroblob(32) WHERE level = 0 AND i = 3"],
  ["an inner node was altered", "UPDATE node SET hash = zeroblob(32) WHERE level = 1 AND i = 1"],
  ["an inner node is missing", "DELETE FROM node WHERE level = 2 AND i = 0"],
  ["an entry was removed", "DELETE FROM leaf WHERE i = 4"],
  ["the last entry was cut off", "DELETE FROM leaf WHERE i = 4; DELETE FROM node WHERE level = 0 AND i = 4"],
  ["the last checkpoint was removed", "DELETE FROM checkpoint WHERE size = 5"],
  ["the checkpoint is not a note", "UPDATE checkpoint SET note = 'x'"],
])("a log is not opened when %s", async (_, statement) => {
  const home = newHome();
  const ledger = await open(home);
  for (let i = 0; i < 5; i++) await ledger.append([entry(i)]);
  ledger.close();
  meddle(home, statement);
  await expect(open(home)).rejects.toMatchObject({ code: "LEDGER_INVALID" });
});

test("a log is not opened when a signature of its last checkpoint was altered", async () => {
  const home = newHome();
  const ledger = await open(home);
  await ledger.append([entry(0)]);
  const lines = (ledger.checkpoint() ?? "").split("\n");
  ledger.close();
  const line = lines[4] as string;
  const other = line.at(-10) === "A" ? "B" : "A";
  lines[4] = `${line.slice(0, -10)}${other}${line.slice(-9)}`;
  meddle(home, `UPDATE checkpoint SET note = '${lines.join("\n")}'`);
  await expect(open(home)).rejects.toMatchObject({ code: "LEDGER_INVALID" });
});

test("a log signed by keys that are not in the keystore is not opened", async () => {
  const home = newHome();
  const ledger = await open(home);
  await ledger.append([entry(0)]);
  ledger.close();
  const others = testSigners(newHome(), systemClock);
  const path = `${home}/ledger.sqlite`;
  const options = { path, origin: "test/log", clock: systemClock, keys: others, signers: () => others };
  await expect(openLedger(options)).rejects.toMatchObject({ code: "LEDGER_INVALID" });
});

test("an older checkpoint that was altered is found by a full check", async () => {
  const home = newHome();
  const ledger = await open(home);
  for (let i = 0; i < 3; i++) await ledger.append([entry(i)]);
  const old = (ledger.checkpoint() ?? "").replace("\n3\n", "\n2\n");
  ledger.close();
  meddle(home, `UPDATE checkpoint SET note = '${old}' WHERE size = 2`);
  const again = await open(home);
  await expect(again.verify("all")).rejects.toMatchObject({ code: "LEDGER_INVALID" });
  again.close();
});

test("two processes append at once: every entry has its own place, and one tree holds them all", async () => {
  const home = newHome();
  const ledger = await open(home);
  const program = new URL("./append-program.ts", import.meta.url);
  const children = [startChild(program, home, "a", "25"), startChild(program, home, "b", "25")];
  for (let i = 0; i < 10; i++) await ledger.append([utf8(`here ${i}`)]);
  for (const child of children) expect(await child.ended).toMatchObject({ how: 0 });
  const said = children.flatMap((child) => child.lines.map(Number));
  expect(new Set(said).size).toBe(50);
  expect(ledger.size()).toBe(60);
  const texts = (await ledger.entries(0, 100)).map((bytes) => Buffer.from(bytes).toString());
  for (const [i, child] of children.entries())
    for (const [n, line] of child.lines.entries()) expect(texts[Number(line)]).toBe(`${"ab"[i]} ${n}`);
  await ledger.verify("all");
  ledger.close();
});

test("two connections of one process take turns without blocking each other", async () => {
  const home = newHome();
  const [one, two] = [await open(home), await open(home)];
  const slow = one.appendWith([leafHash(entry(0))], async () => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    return [utf8("slow")];
  });
  await Promise.all([slow, two.append([entry(1)]), one.append([entry(2)])]);
  expect(two.size()).toBe(3);
  one.close();
  two.close();
});
