import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ArqonError, type Json, systemClock, systemEntropy } from "@arqon/core/base";
import type { PublicKey } from "@arqon/core/proof";
import { afterEach, expect, test } from "vitest";
import { addTrust, openVault, parseTrust, readTrust, requireNoWider } from "./front.ts";
import { temporaryHomes } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);

async function homeWithKeys(): Promise<{ home: string; key: PublicKey }> {
  const home = newHome();
  await (await openVault({ home, clock: systemClock, entropy: systemEntropy })).close();
  return { home, key: (await readTrust(home))[0] as PublicKey };
}

const codeOf = (call: () => unknown): string => {
  try {
    call();
    return "none";
  } catch (thrown) {
    return ArqonError.from(thrown).code;
  }
};

test("a trust file with a field that is not known, or one given twice, is refused", async () => {
  const { home } = await homeWithKeys();
  const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy });
  const entry = { ...(await vault.publicKeys())[0] } as Record<string, Json>;
  await vault.close();
  const parse = (text: string) => codeOf(() => parseTrust(text, "trust.json"));
  expect(parse(JSON.stringify([entry]))).toBe("none");
  expect(parse(JSON.stringify([{ ...entry, notAfterr: "2001-01-01T00:00:00Z" }]))).toBe("JSON_INVALID");
  expect(parse(JSON.stringify([{ ...entry, notAfter: "2027-02-30T00:00:00Z" }]))).toBe("JSON_INVALID");
  const twice = JSON.stringify([{ ...entry, notAfter: "2001-01-01T00:00:00Z" }]).replace(
    "[{",
    '[{"notAfter":"2099-01-01T00:00:00Z",',
  );
  expect(parse(twice)).toBe("JSON_AMBIGUOUS");
  writeFileSync(join(home, "trust.json"), twice);
  await expect(readTrust(home)).rejects.toMatchObject({ code: "JSON_AMBIGUOUS" });
});

test("a key that is listed is not made valid for longer by adding it again", async () => {
  const { home, key } = await homeWithKeys();
  const at = (notBefore: string, notAfter: string) => [{ ...key, notBefore, notAfter }];
  const [early, from, to, late] = [2001, 2002, 2003, 2004].map((year) => `${year}-01-01T00:00:00Z`) as [
    string,
    string,
    string,
    string,
  ];
  await requireNoWider(home, at(from, to));
  addTrust(home, at(from, to));
  await requireNoWider(home, at(from, to));
  const { notBefore: _from, notAfter: _to, ...open } = key;
  for (const wider of [at(from, late), at(early, to), [open]])
    await expect(requireNoWider(home, wider)).rejects.toMatchObject({ code: "KEY_REFUSED" });
});
