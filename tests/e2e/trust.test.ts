import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { newHome } from "./cli.ts";

const BELL = resolve(import.meta.dirname, "../../examples/bell.qasm");

test("a signed manifest travels by itself, a witness cosigns the ledger, and keys are used from the command line", async () => {
  using home = newHome();
  using witness = newHome();
  const good = async (where: typeof home, ...args: string[]) => {
    const outcome = await where.arqon([...args, "--json"]);
    expect(outcome.code, outcome.stderr).toBe(0);
    return outcome;
  };
  await good(home, "run", BELL);
  const [{ recordId = "" } = {}] = (await good(home, "runs")).json<{ recordId?: string }[]>();
  const trust = join(home.path, "trust.json");

  for (const name of ["run.json", "run.yaml"]) {
    const file = witness.file(name);
    await good(home, "manifest", "export", recordId, "--out", file);
    const verified = await good(witness, "manifest", "verify", file, "--trust", trust);
    expect(verified.json()).toMatchObject({ verdict: "VERIFIED", record_id: recordId });
    expect((await witness.arqon(["manifest", "verify", file])).code).toBe(1);
    writeFileSync(file, readFileSync(file, "utf8").replace(/("created_at": ?")2/, "$13"));
    expect((await witness.arqon(["manifest", "verify", file, "--trust", trust])).code).toBe(1);
  }

  const request = witness.file("request.txt");
  writeFileSync(request, (await good(home, "ledger", "request")).json<{ text: string }>().text);
  const stranger = await witness.arqon(["witness", "cosign", request, "--json"]);
  expect(stranger.json()).toMatchObject({ error: { code: "KEY_UNKNOWN" } });
  await good(witness, "keys", "trust", "add", trust);
  const { note } = (await good(witness, "witness", "cosign", request)).json<{ note: string }>();
  expect(note).toMatch(/\n\u2014 arqon\.local\/[0-9a-f]{12}\/witness [A-Za-z0-9+/]+=*\n$/);
  expect((await good(witness, "witness", "list")).json()).toMatchObject([{ size: 1 }]);
  expect((await good(home, "ledger", "tiles", home.file("log"))).json()).toMatchObject({ size: 1, tiles: 2 });
  expect((await good(home, "ledger", "prove", "0")).json<{ text: string }>().text).toContain(
    "c2sp.org/tlog-proof@v1",
  );

  const make = async (algorithm: string): Promise<string> =>
    (await good(home, "keys", "generate", "--algorithm", algorithm, "--label", algorithm)).json<{
      keyId: string;
    }>().keyId;
  const [kem, signing] = [await make("ml-kem-768"), await make("ml-dsa-87")];
  const [ciphertext, secret, opened, signature] = ["ct", "secret", "opened", "sig"].map((name) =>
    home.file(name),
  ) as [string, string, string, string];
  await good(home, "keys", "encapsulate", kem, "--out", ciphertext, "--secret", secret);
  await good(home, "keys", "decapsulate", kem, ciphertext, "--out", opened);
  expect(readFileSync(opened).equals(readFileSync(secret))).toBe(true);
  await good(home, "keys", "sign", signing, BELL, "--out", signature);
  await good(home, "keys", "verify", signing, BELL, "--signature", signature);
  const other = await home.arqon(["keys", "verify", signing, secret, "--signature", signature, "--json"]);
  expect(other.json()).toMatchObject({ error: { code: "SIGNATURE_INVALID" } });
});
