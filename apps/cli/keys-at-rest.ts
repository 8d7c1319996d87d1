/** `arqon keys encrypt` and `arqon keys rewrap`: everything of this ARQON_HOME under its newest wrapping key. */
import { ArqonError } from "@arqon/core/base";
import { AT_REST_LABEL, type Encrypted, type LocalVaultHandle, readPolicy, writePolicy } from "@arqon/vault";
import type { KeyInfo } from "@arqon/vault/keys";
import { indexAtRest } from "./index-at-rest.ts";
import { withWritableVault } from "./store.ts";
import type { Terminal } from "./terminal.ts";

/** Objects and logs are encrypted from now on, and those there are already too. Cut short, it goes on when it is run again. */
export async function encrypt(terminal: Terminal): Promise<void> {
  await withWritableVault(terminal, async () => {}); // What does not open is found before anything is changed.
  writePolicy(terminal.home, { encryptAtRest: true });
  const { objects, segments } = await withWritableVault(terminal, (vault) => encryptAll(terminal, vault));
  terminal.answer({ encryptAtRest: true, objects, ...(segments !== undefined && { logSegments: segments }) });
  terminal.print(`${objects} objects are encrypted; ${indexAtRest(terminal)} from now on`);
  if (segments !== undefined) {
    terminal.print(`logs are encrypted; ${segments} segments were in plain text`);
    return;
  }
  terminal.print("restart the server that uses this ARQON_HOME: it encrypts its logs when it starts");
}

/** Puts everything under the newest wrapping key, and says which others nothing is under any more. Cut short, it goes on. */
export async function rewrap(terminal: Terminal): Promise<void> {
  if (!readPolicy(terminal.home).encryptAtRest)
    throw new ArqonError(
      "USAGE",
      `${terminal.home} is not encrypted: there is nothing under a wrapping key`,
      {
        remedy: "Encrypt it with `arqon keys encrypt`.",
      },
    );
  const done = await withWritableVault(terminal, async (vault) => {
    const old = vault.keys
      .list()
      .filter(({ label, state }) => label === AT_REST_LABEL && state === "retired");
    return { ...(await encryptAll(terminal, vault, { renew: true })), old: old.map(({ keyId }) => keyId) };
  });
  const { renewedObjects, damagedObjects, renewedEntries, segments, old } = done;
  const unused = segments === undefined ? [] : old;
  terminal.answer({
    renewedObjects,
    damagedObjects,
    renewedEntries,
    ...(segments !== undefined && { renewedSegments: segments }),
    unused,
  });
  terminal.print(
    `${renewedObjects} objects and ${renewedEntries} entries of the governance ledger were renewed`,
  );
  if (segments === undefined) {
    terminal.print("a server has the logs: stop it and run this again; until then the old keys are needed");
    return;
  }
  terminal.print(`${segments} segments of logs were renewed`);
  for (const keyId of unused)
    terminal.print(`nothing is under ${keyId} any more:  ${terminal.invocation} keys disable ${keyId}`);
}

/**
 * What an older wrapping key closed is put under the newest before that key is ended.
 * @throws ArqonError `KEY_REFUSED` while a server has the logs.
 */
export async function leaveWrappingKey(
  terminal: Terminal,
  vault: LocalVaultHandle,
  { keyId, label, state }: KeyInfo,
): Promise<void> {
  if (label !== AT_REST_LABEL || state !== "retired" || !readPolicy(terminal.home).encryptAtRest) return;
  const { segments } = await encryptAll(terminal, vault, { renew: true });
  if (segments === undefined)
    throw new ArqonError("KEY_REFUSED", `logs may be under key ${keyId}, and a server has them`, {
      remedy: "Stop the server, then end the key: what it closed is put under the newest first.",
    });
}

/** Encrypts objects and logs, or with `renew` puts them under the newest key. `segments` is left out while a server has the logs. */
async function encryptAll(
  terminal: Terminal,
  vault: LocalVaultHandle,
  { renew = false }: { readonly renew?: boolean } = {},
): Promise<Encrypted & { readonly segments?: number | undefined }> {
  const encrypted = await vault.encryptObjects((done, of) =>
    terminal.progress(`encrypting objects: ${done} of ${of}`),
  );
  const segments = await logsOf(terminal, vault, renew);
  terminal.progress("");
  if (encrypted.damagedObjects > 0)
    terminal.print(
      `${encrypted.damagedObjects} objects are damaged and stay as they are: arqon doctor names them`,
    );
  return { ...encrypted, segments };
}

/** How many segments of logs were encrypted; `undefined` while a server has them. */
async function logsOf(
  terminal: Terminal,
  vault: LocalVaultHandle,
  renew: boolean,
): Promise<number | undefined> {
  const onProgress = (reality: string, done: number, of: number): void =>
    terminal.progress(`encrypting the log of ${reality}: ${done} of ${of} segments`);
  try {
    const { encryptLogs } = await import("../server/index.ts");
    return await encryptLogs(terminal.home, vault.fileKeys, { renew, onProgress });
  } catch (thrown) {
    if (ArqonError.from(thrown).code === "LOG_LOCKED") return undefined;
    throw thrown;
  }
}
