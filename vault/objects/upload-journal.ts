/**
 * Notes of uploads of encrypted bytes, on this machine: under which head they are encrypted, and the SHA-256 of every part
 * that was sent.
 *
 * An upload that is taken up goes on under its head, so that the parts which arrived are of use; every segment has the nonce
 * it had before. That is sound only if it has the bytes it had before. So a part is noted durably before it is sent, and a
 * part that is not as it was noted is never sent: the notes are dropped, and the head with them. One upload at a time has a
 * head: its file has a name of its own, with the process, and who goes on with that of a process that ended renames it
 * first. Processes in other containers may have the same number, so who took a part down looks whether the file is still
 * its own before that part is sent.
 */
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import {
  ArqonError,
  canonicalJson,
  type Entropy,
  fromBase64,
  fromUtf8,
  jsonObject,
  parseJson,
  sha256Hex,
  toBase64,
  toHex,
  utf8,
} from "@arqon/core/base";
import { makePrivateDirectory, readRegularFile, writePrivateFile } from "../files/index.ts";

const SCHEMA = "arqon.upload.v1";
const LIMIT_BYTES = 4 * 2 ** 20;

/** Notes of one upload. */
export interface UploadNotes {
  /**
   * Whether a part, counted from 1, is what was sent before; one that was not is noted first.
   * @throws ArqonError `VAULT_BUSY` when somebody else has gone on with the upload; the part must not be sent.
   */
  agrees(number: number, part: Uint8Array): boolean;
  /** Nothing goes on under this head. */
  drop(): void;
  /** Ends this process's part of the upload; what is noted stays, for whoever goes on. */
  rest(): void;
}

/** Notes of all uploads. */
export interface UploadJournal {
  /** The head of an upload that was cut off and had parts of this size; from now on it is the caller's alone. */
  headOf(name: string, partBytes: number): Uint8Array | undefined;
  /** Goes on with the notes of an upload that has this head, or begins new ones. */
  begin(name: string, head: Uint8Array, partBytes: number): UploadNotes;
  /** Drops notes of uploads that are no more. */
  keepOnly(isPending: (name: string) => boolean): void;
}

/** Notes in `directory`, one file an upload: a line of JSON, and a line for every part. */
export function uploadJournal(directory: string, entropy: Entropy): UploadJournal {
  const self = `${toHex(entropy(8))}.${process.pid}`;
  /** Files of uploads under way here. */
  const busy = new Set<string>();
  const fileOf = (name: string, head: Uint8Array): string =>
    `${name}.${sha256Hex(head).slice(0, 16)}.${self}`;
  /** Whether the process that a file is named for is another, and there. */
  const isOthers = (file: string): boolean => {
    const pid = Number(file.split(".").at(-1));
    return pid !== process.pid && isAlive(pid);
  };
  const read = (file: string): { readonly first: string; readonly parts: string[] } => {
    const bytes = readRegularFile(join(directory, file), { limitBytes: LIMIT_BYTES });
    // Half a line at the end is of a part that was not sent.
    const [first = "", ...parts] = fromUtf8(bytes ?? new Uint8Array())
      .split("\n")
      .slice(0, -1);
    return { first, parts };
  };
  const firstLine = (head: Uint8Array, partBytes: number): string =>
    canonicalJson({ head: toBase64(head), partBytes, schema: SCHEMA });
  /** The head in a file, which is the caller's from now on. */
  const take = (file: string, partBytes: number): Uint8Array | undefined => {
    const [name = ""] = file.split(".");
    if (busy.has(file) || isOthers(file)) return undefined;
    try {
      const { head, ...rest } = jsonObject(parseJson(read(file).first, "notes"), "notes");
      if (rest["schema"] !== SCHEMA || rest["partBytes"] !== partBytes || typeof head !== "string")
        return undefined;
      const bytes = fromBase64(head);
      const mine = fileOf(name, bytes);
      if (mine !== file) renameSync(join(directory, file), join(directory, mine));
      busy.add(mine);
      return bytes;
    } catch {
      return undefined; // It is damaged, or another process was faster.
    }
  };
  const files = (): string[] => (existsSync(directory) ? readdirSync(directory) : []);
  return {
    headOf(name, partBytes) {
      for (const file of files().filter((each) => each.startsWith(`${name}.`))) {
        const head = take(file, partBytes);
        if (head) return head;
      }
      return undefined;
    },
    begin(name, head, partBytes) {
      makePrivateDirectory(directory);
      const file = fileOf(name, head);
      busy.add(file);
      const path = join(directory, file);
      const line = firstLine(head, partBytes);
      const kept = read(file);
      const noted = kept.first === line ? kept.parts : [];
      writePrivateFile(path, utf8(`${[line, ...noted].join("\n")}\n`));
      return {
        agrees(number, part) {
          const digest = sha256Hex(part);
          if (noted[number - 1] !== undefined) return noted[number - 1] === digest;
          append(path, `${digest}\n`);
          return noted.push(digest) === number;
        },
        drop: () => rmSync(path, { force: true }),
        rest: () => void busy.delete(file),
      };
    },
    keepOnly(isPending) {
      for (const file of files())
        if (!busy.has(file) && !isOthers(file) && !isPending(file.split(".")[0] ?? ""))
          rmSync(join(directory, file), { force: true });
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** @throws ArqonError `VAULT_BUSY` when the file has another name by now: whoever gave it that may not know of the line. */
function append(path: string, line: string): void {
  const isThere = existsSync(path);
  if (isThere) {
    const handle = openSync(path, constants.O_WRONLY | constants.O_APPEND);
    try {
      writeSync(handle, line);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
  if (!isThere || !existsSync(path))
    throw new ArqonError("VAULT_BUSY", "somebody else has gone on with an upload that was under way here", {
      remedy: "Try again once that has ended.",
    });
}
