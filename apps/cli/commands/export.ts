/** `arqon export ID OUT`: an artifact as one file or folder that anyone can verify without this machine. */
import { lstat } from "node:fs/promises";
import { ArqonError, formatBytes } from "@arqon/core/base";
import {
  ARTIFACT_PATH,
  type BundleContents,
  type BundleFiles,
  type BundleIds,
  CONTAINER_FORMATS,
  type ContainerFormat,
  idsOf,
  isArchiveFormat,
  parseArtifact,
  readZip,
} from "@arqon/core/bundle";
import { formatOf, writeBundle } from "../bundle-path.ts";
import { byteProgress } from "../byte-progress.ts";
import type { Command } from "../command.ts";
import { shortId } from "../render.ts";
import { isElsewhere, withServer } from "../session.ts";
import { withVault } from "../store.ts";

export const exportCommand: Command = {
  name: "export",
  summary: "write an artifact to a ZIP, folder, .eln archive or BagIt bag that verifies offline",
  positionals: ["ID", "OUT"],
  options: {
    format: {
      type: "string",
      value: "F",
      help: "zip, dir, eln or bagit (default: by the ending of OUT, a folder without one)",
    },
    force: { type: "boolean", help: "replace OUT where it is a file" },
  },
  example: "arqon export 3fa9c1d2 bell.zip",
  async run(args, terminal) {
    const [id, path] = args.positionals as [string, string];
    const format = formatFrom(args.text("format"), path);
    const there = await lstat(path).catch(() => undefined);
    if (there && !(args.flag("force") && there.isFile() && isArchiveFormat(format)))
      throw new ArqonError("USAGE", `cannot write ${path}: it exists already`, {
        remedy: there.isFile() ? "Choose another name, or replace it with --force." : "Choose another name.",
      });
    const write = async (
      { artifactId, recordId }: Pick<BundleIds, "artifactId" | "recordId">,
      files: BundleContents,
    ): Promise<Exported> => {
      const bytes = await writeBundle(files, path, format, byteProgress(terminal, "exporting"));
      return { artifactId, recordId, files, bytes };
    };
    const { artifactId, recordId, files, bytes } = isElsewhere(terminal)
      ? await withServer(terminal, async (client) => {
          const fetched = readZip(await client.fetchBundle(id));
          return write(idsIn(fetched), fetched);
        })
      : await withVault(terminal, async (vault) => {
          const row = await vault.find(id);
          return write(row, await vault.contents(row.recordId));
        });
    terminal.answer({ artifactId, recordId, file: path, format, bytes, files: files.size });
    terminal.print(`${path}: ${files.size} files, ${formatBytes(bytes)}, artifact ${shortId(artifactId)}`);
    const named = /[/\\]|\.(zip|eln)$/i.test(path) ? path : `./${path}`;
    terminal.print(`check it anywhere:  ${terminal.invocation} verify ${named}`);
    terminal.print(`or without arqon:   ${withoutArqon(path, format)}   (then see VERIFY.md)`);
    return 0;
  },
};

interface Exported extends Pick<BundleIds, "artifactId" | "recordId"> {
  readonly files: BundleContents;
  readonly bytes: number;
}

/** The ids that a bundle states; whether they are true is for `verify`. */
function idsIn(files: BundleFiles): BundleIds {
  const bytes = files.get(ARTIFACT_PATH);
  if (!bytes) throw new ArqonError("BUNDLE_MALFORMED", `the bundle has no ${ARTIFACT_PATH}`);
  return idsOf(parseArtifact(bytes), bytes);
}

function formatFrom(text: string | undefined, path: string): ContainerFormat {
  const format = CONTAINER_FORMATS.find((known) => known === (text ?? formatOf(path)));
  if (text === undefined && /\.(tar|tgz|gz|bz2|xz|zst|7z|rar)$/i.test(path))
    throw new ArqonError("USAGE", `${path}: an artifact is written as .zip or .eln, or as a folder`);
  if (!format)
    throw new ArqonError("USAGE", `--format ${text}: expected one of ${CONTAINER_FORMATS.join(", ")}`);
  const ending = formatOf(path);
  if ((format === "zip" || format === "eln") && ending !== format)
    throw new ArqonError("USAGE", `${path}: the file to write must end in .${format}`);
  if ((format === "dir" || format === "bagit") && ending !== "dir")
    throw new ArqonError("USAGE", `${path}: a folder may not end in .${ending}`);
  return format;
}

function withoutArqon(path: string, format: ContainerFormat): string {
  const sums = "sha256sum -c SHA256SUMS";
  if (format === "zip") return `unzip ${path} -d bundle && cd bundle && ${sums}`;
  if (format === "eln") return `unzip ${path} && cd arqon-* && ${sums}`;
  return `cd ${format === "bagit" ? `${path}/data` : path} && ${sums}`;
}
