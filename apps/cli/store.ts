/** The vault of ARQON_HOME, opened in this process: what it holds can be read whether or not a server runs. */
import { createReadStream } from "node:fs";
import { ArqonError, formatBytes, fromUtf8, systemClock, systemEntropy } from "@arqon/core/base";
import { LIMITS } from "@arqon/core/wire";
import { type LocalVaultHandle, openVault, storesFrom } from "@arqon/vault";
import { prepareHome } from "../home/index.ts";
import type { Terminal } from "./terminal.ts";

/** Runs `use` with the vault open for reading; no passphrase is needed unless its objects are encrypted. */
export function withVault<T>(terminal: Terminal, use: (vault: LocalVaultHandle) => Promise<T>): Promise<T> {
  return withOpen(terminal, { readOnly: true, ...passphraseOf(terminal) }, use);
}

/** Runs `use` with the vault open for writing. */
export function withWritableVault<T>(
  terminal: Terminal,
  use: (vault: LocalVaultHandle) => Promise<T>,
): Promise<T> {
  return withOpen(terminal, passphraseOf(terminal), use);
}

function passphraseOf(terminal: Terminal): { readonly passphrase?: string } {
  const passphrase = terminal.env["ARQON_KEY_PASSPHRASE"];
  return passphrase ? { passphrase } : {};
}

async function withOpen<T>(
  terminal: Terminal,
  how: { readonly readOnly?: boolean; readonly passphrase?: string },
  use: (vault: LocalVaultHandle) => Promise<T>,
): Promise<T> {
  prepareHome(terminal.home);
  const vault = await openVault({
    home: terminal.home,
    clock: systemClock,
    entropy: systemEntropy,
    stores: storesFrom(terminal.env),
    ...how,
  });
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

/** Largest file a command takes unless it says otherwise, bytes. */
const FILE_BYTES = 1 << 30;

/** Bytes of a file (or pipe) the user named. @throws ArqonError `FILE_UNREADABLE`, `LIMIT_EXCEEDED` with the `remedy` given. */
export async function readUserFile(
  path: string,
  limit: { readonly bytes: number; readonly remedy?: string } = { bytes: FILE_BYTES },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { end: limit.bytes })) {
      chunks.push(chunk);
      bytes += chunk.length;
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ArqonError("FILE_UNREADABLE", `${path}: ${REASONS[code ?? ""] ?? (cause as Error).message}`, {
      cause,
    });
  }
  if (bytes > limit.bytes)
    throw new ArqonError("LIMIT_EXCEEDED", `${path} has more than ${formatBytes(limit.bytes)}`, {
      ...(limit.remedy && { remedy: limit.remedy }),
    });
  return Buffer.concat(chunks);
}

/** A circuit of this size fits into a job that fits into one frame. */
const CIRCUIT_LIMIT = {
  bytes: LIMITS.frameBytes - 16_384,
  remedy: "Write the circuit more compactly, e.g. with gate definitions.",
};

/** A text file the user named. @throws ArqonError as {@link readUserFile}, also when it is no text. */
export async function readUserText(path: string, limit?: { readonly bytes: number }): Promise<string> {
  const bytes = await readUserFile(path, limit);
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new ArqonError("FILE_UNREADABLE", `${path}: not a text file (its bytes are not UTF-8)`, {
      cause,
      remedy: "Give a file of text.",
    });
  }
}

/** Text of a circuit file the user named. @throws ArqonError as {@link readUserFile}, `QASM_SYNTAX` when it is no text. */
export async function readCircuit(path: string): Promise<string> {
  const bytes = await readUserFile(path, CIRCUIT_LIMIT);
  try {
    return fromUtf8(bytes);
  } catch {
    throw new ArqonError("QASM_SYNTAX", `${path}: not a text file (its bytes are not UTF-8)`, {
      remedy: "Give a file of OpenQASM text.",
    });
  }
}
