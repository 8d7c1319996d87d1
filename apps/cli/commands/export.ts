/** `arqon export ID FILE.zip`: one file that anyone can verify without this machine. */
import { writeFile } from "node:fs/promises";
import { ArqonError } from "@arqon/core/base";
import { writeZip } from "@arqon/core/bundle";
import type { Command } from "../command.ts";
import { byteSize, shortId } from "../render.ts";
import { isArchive, withVault } from "../store.ts";

export const exportCommand: Command = {
  name: "export",
  summary: "write an artifact to a canonical ZIP that verifies offline",
  positionals: ["ID", "FILE.zip"],
  options: {},
  example: "arqon export 3fa9c1d2 bell.zip",
  async run(args, terminal) {
    const [id, path] = args.positionals as [string, string];
    if (!isArchive(path)) throw new ArqonError("USAGE", `${path}: the file to write must end in .zip`);
    const { row, files } = await withVault(terminal, async (vault) => {
      const found = await vault.find(id);
      return { row: found, files: await vault.bundle(found.recordId) };
    });
    const bytes = writeZip(files);
    try {
      await writeFile(path, bytes);
    } catch (cause) {
      throw new ArqonError("FILE_UNREADABLE", `cannot write ${path}: ${(cause as Error).message}`, { cause });
    }
    terminal.answer({
      artifactId: row.artifactId,
      recordId: row.recordId,
      file: path,
      bytes: bytes.length,
      files: files.size,
    });
    terminal.print(
      `${path}: ${files.size} files, ${byteSize(bytes.length)}, artifact ${shortId(row.artifactId)}`,
    );
    terminal.print(`check it anywhere:  ${terminal.invocation} verify ${path}`);
    terminal.print(
      `or without arqon:   unzip ${path} -d bundle && cd bundle && sha256sum -c SHA256SUMS   (then see VERIFY.md)`,
    );
    return 0;
  },
};
