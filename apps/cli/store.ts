/** The vault of ARQON_HOME, opened in this process: what it holds can be read whether or not a server runs. */
import { readFile } from "node:fs/promises";
import { ArqonError, systemClock, systemEntropy } from "@arqon/core/base";
import { openVault, type Vault } from "@arqon/vault";
import { prepareHome } from "../server/index.ts";
import type { Terminal } from "./terminal.ts";

/** Runs `use` with the vault open for reading; no passphrase is needed unless its objects are encrypted. */
export function withVault<T>(terminal: Terminal, use: (vault: Vault) => Promise<T>): Promise<T> {
  return withOpen(terminal, { readOnly: true, ...passphraseOf(terminal) }, use);
}

/** Runs `use` with the vault open for writing. */
export function withWritableVault<T>(terminal: Terminal, use: (vault: Vault) => Promise<T>): Promise<T> {
  return withOpen(terminal, passphraseOf(terminal), use);
}

function passphraseOf(terminal: Terminal): { readonly passphrase?: string } {
  const passphrase = terminal.env["ARQON_KEY_PASSPHRASE"];
  return passphrase ? { passphrase } : {};
}

async function withOpen<T>(
  terminal: Terminal,
  how: { readonly readOnly?: boolean; readonly passphrase?: string },
  use: (vault: Vault) => Promise<T>,
): Promise<T> {
  prepareHome(terminal.home);
  const vault = await openVault({ home: terminal.home, clock: systemClock, entropy: systemEntropy, ...how });
  try {
    return await use(vault);
  } finally {
    await vault.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "it may not be read",
  EISDIR: "it is a directory",
};

/** Bytes of a file the user named. @throws ArqonError `FILE_UNREADABLE` */
export async function readUserFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ArqonError("FILE_UNREADABLE", `${path}: ${REASONS[code ?? ""] ?? (cause as Error).message}`, {
      cause,
    });
  }
}
