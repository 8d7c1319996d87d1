import { systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { cosignedAt, formatCosignRequest, parseCheckpoint, systemVerifier } from "@arqon/core/proof";
import { afterEach, expect, test } from "vitest";
import { openFileKeystore } from "./keys/index.ts";
import { type Ledger, openLedger } from "./ledger/index.ts";
import { temporaryHomes, testSigners } from "./testing/index.ts";
import { openWitness, type Witness } from "./witness.ts";

const newHome = temporaryHomes(afterEach);
const ORIGIN = "arqon.local/tests/runs";
const validity = { notBeforeUs: 0, notAfterUs: 200 * 366 * 86_400_000_000 };

/** Two logs of one name and key, as a log that forks has them, and a witness that can be opened again. */
async function scene() {
  const home = newHome();
  const signers = testSigners(home, systemClock);
  const logAt = (name: string): Promise<Ledger> =>
    openLedger({
      path: `${home}/${name}.sqlite`,
      origin: ORIGIN,
      clock: systemClock,
      keys: signers,
      signers: () => signers,
    });
  const there = newHome();
  const initial = [{ algorithm: "ed25519", label: "witness", validity }] as const;
  const keystore = openFileKeystore({ home: there, clock: systemClock, entropy: systemEntropy, initial });
  const [own] = keystore.list();
  if (!own) throw new TypeError("the witness has no key");
  const key = { name: "tests/witness", spki: own.spki };
  const open = (trust = signers): Promise<Witness> =>
    openWitness({
      home: there,
      clock: systemClock,
      trust,
      key,
      sign: (message) => keystore.sign(own.keyId, message),
    });
  return { log: await logAt("one"), fork: await logAt("two"), key, open };
}

const entry = (text: string): Uint8Array[] => [utf8(text)];

function request(log: Ledger, oldSize: number): string {
  const note = log.checkpoint() ?? "";
  const proof = oldSize === 0 ? [] : log.consistency(oldSize, parseCheckpoint(note).size);
  return formatCosignRequest({ oldSize, proof, note });
}

test("a log that only grows is cosigned, from whatever size the witness knows, also after a restart", async () => {
  const { log, key, open } = await scene();
  for (let size = 0; size < 9; size += 3) {
    for (let i = 0; i < 3; i++) await log.append(entry(`${size + i}`));
    const witness = await open();
    const note = parseCheckpoint(await witness.add(request(log, size)));
    expect(await cosignedAt(note, key, systemVerifier())).toBeGreaterThan(1_700_000_000);
    expect(
      await cosignedAt({ ...note, body: note.body.replace("\n", "x\n") }, key, systemVerifier()),
    ).toBeUndefined();
    expect(witness.known()).toEqual([{ origin: ORIGIN, size: size + 3 }]);
    await witness.add(request(log, size + 3)); // The same again.
    witness.close();
  }
});

test("a fork, a log that was cut, an unknown size and an untrusted log are refused, and what is known stays", async () => {
  const { log, fork, open } = await scene();
  for (const text of ["a", "b", "c"]) await log.append(entry(text));
  for (const text of ["a", "x", "c"]) await fork.append(entry(text));
  let witness = await open();
  await witness.add(request(log, 0));
  const refused = (text: string, code: string): Promise<void> =>
    expect(witness.add(text)).rejects.toMatchObject({ code });
  await refused(request(fork, 3), "LEDGER_FORK");
  witness.close();
  witness = await open();
  await fork.append(entry("d"));
  await refused(request(fork, 3), "LEDGER_FORK");
  await refused(request(fork, 2), "LEDGER_INVALID");
  await refused(request(log, 0), "LEDGER_INVALID");
  await log.append(entry("d"));
  await witness.add(request(log, 3));
  await refused(request(fork, 4), "LEDGER_FORK");
  const { fork: short } = { fork: (await scene()).fork };
  expect(short.checkpoint()).toBeUndefined();
  await refused("old 4\n\nnothing", "LEDGER_INVALID");
  expect(witness.known()).toEqual([{ origin: ORIGIN, size: 4 }]);
  witness.close();
  const distrustful = await open([]);
  await log.append(entry("e"));
  await expect(distrustful.add(request(log, 4))).rejects.toMatchObject({ code: "KEY_UNKNOWN" });
  distrustful.close();
});

test("a log that is shorter than it was is refused as rolled back", async () => {
  const { log, fork, open } = await scene();
  for (const text of ["a", "b"]) await log.append(entry(text));
  await fork.append(entry("a"));
  const witness = await open();
  await witness.add(request(log, 0));
  await expect(witness.add(request(fork, 0))).rejects.toMatchObject({ code: "LEDGER_ROLLED_BACK" });
  witness.close();
});

test("a signature that was altered is told as one, and a request from beyond its own end names no size", async () => {
  const { log, fork, open } = await scene();
  for (const text of ["a", "b", "c"]) await log.append(entry(text));
  await fork.append(entry("a"));
  const witness = await open();
  const text = request(log, 0);
  const at = text.indexOf("\u2014");
  const line = text.slice(at).split("\n")[0] ?? "";
  const place = at + line.length - 10;
  const altered = `${text.slice(0, place)}${text[place] === "A" ? "B" : "A"}${text.slice(place + 1)}`;
  await expect(witness.add(altered)).rejects.toMatchObject({ code: "SIGNATURE_INVALID" });
  await witness.add(text);
  const cut = formatCosignRequest({ oldSize: 3, proof: [], note: fork.checkpoint() ?? "" });
  const short = formatCosignRequest({ oldSize: 0, proof: [], note: fork.checkpoint() ?? "" });
  await expect(witness.add(cut)).rejects.toMatchObject({ code: "LEDGER_ROLLED_BACK", details: {} });
  await expect(witness.add(short)).rejects.toMatchObject({ details: { known: 3 } });
  witness.close();
});
