/** Seals one run in the home that is named, and writes what the manifest says of its cryptography, or the code of a refusal. */
import { ArqonError, systemClock, systemEntropy } from "@arqon/core/base";
import { readManifest } from "@arqon/core/bundle";
import { openVault } from "../front.ts";
import { testDraft } from "./draft.ts";

const passphrase = process.env["ARQON_KEY_PASSPHRASE"];
try {
  const vault = await openVault({
    home: process.argv[2] ?? "",
    clock: systemClock,
    entropy: systemEntropy,
    ...(passphrase !== undefined && { passphrase }),
  });
  const { recordId } = await vault.seal(testDraft(), "x");
  const { fips } = readManifest(await vault.bundle(recordId));
  const errors = (await vault.check()).length;
  await vault.close();
  process.stdout.write(JSON.stringify({ fips, errors }));
} catch (error) {
  process.stdout.write(JSON.stringify({ code: ArqonError.from(error).code }));
}
