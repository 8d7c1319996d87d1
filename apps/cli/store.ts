/** The vault of ARQON_HOME, opened in this process: what it holds can be read whether or not a server runs. */
import { readFile } from "node:fs/promises";
import { ArqonError, systemClock, systemEntropy } from "@arqon/core/base";
import { type BundleFiles, readZip } from "@arqon/core/bundle";
import { openVault, type Vault } from "@arqon/vault";
import type { Terminal } from "./terminal.ts";

/** Runs `use` with the vault open. */
export async function withVault<T>(terminal: Terminal, use: (vault: Vault) => Promise<T>): Promise<T> {
  const passphrase = terminal.env["ARQON_KEY_PASSPHRASE"];
  const vault = await openVault({
    home: terminal.home,
    clock: systemClock,
    entropy: systemEntropy,
    ...(passphrase && { passphrase }),
  });
  try {
    return await use(vault);
  } finally {
    await vault.close();
  }
}

/** Bytes of a file the user named. @throws ArqonError `FILE_UNREADABLE` */
export async function readUserFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ArqonError("FILE_UNREADABLE", `${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Whether an argument names an archive rather than an id. */
export function isArchive(argument: string): boolean {
  return /\.zip$/i.test(argument);
}

/** The files of an archive, or of a record in the vault. */
export async function bundleFrom(terminal: Terminal, argument: string): Promise<BundleFiles> {
  if (isArchive(argument)) return readZip(await readUserFile(argument));
  return withVault(terminal, async (vault) => vault.bundle((await vault.find(argument)).recordId));
}
