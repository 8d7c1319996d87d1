/** Other ways to carry the same files: a plain folder, an `.eln` archive, a BagIt bag. The bundle inside is unchanged. */
import { ArqonError } from "../../base/index.ts";
import { type FileFacts, heldFiles } from "../contents.ts";
import { ARTIFACT_PATH } from "../layout.ts";
import { readManifest } from "../manifest.ts";
import { requirePaths } from "../path.ts";
import { isBag, toBag, unbag } from "./bagit.ts";

/** A folder holds the files as they are; a ZIP is the canonical archive; the others wrap them. */
export type ContainerFormat = "zip" | "dir" | "eln" | "bagit";
export const CONTAINER_FORMATS: readonly ContainerFormat[] = ["zip", "dir", "eln", "bagit"];

/** Whether a format is one file, an archive, rather than a folder. */
export const isArchiveFormat = (format: ContainerFormat): boolean => format === "zip" || format === "eln";

/**
 * The files to write, by path from the root of the folder or archive.
 * @throws ArqonError `BUNDLE_MALFORMED` when the bundle has no manifest, or a path that would lead out of the folder: the
 *   store it comes from may have been tampered with.
 */
export function toContainer<F extends Uint8Array | FileFacts>(
  files: ReadonlyMap<string, F>,
  format: ContainerFormat,
): ReadonlyMap<string, F | Uint8Array> {
  requirePaths(files.keys());
  if (format === "eln") return toEln(files);
  return format === "bagit" ? toBag(files) : files;
}

/**
 * The bundle in whatever container it came; files that are a bundle already stay as they are.
 * @throws ArqonError `BUNDLE_TAMPERED` when a bag's own manifests do not agree with its files.
 */
export function fromContainer<F extends Uint8Array | FileFacts>(
  files: ReadonlyMap<string, F>,
): ReadonlyMap<string, F> {
  if (files.has(ARTIFACT_PATH)) return files;
  if (isBag(files)) return unbag(files);
  const root = [...files.keys()][0]?.split("/")[0];
  if (root === undefined || !files.has(`${root}/${ARTIFACT_PATH}`)) return files;
  return new Map(
    [...files].map(([path, bytes]) => {
      if (!path.startsWith(`${root}/`))
        throw new ArqonError("BUNDLE_MALFORMED", `${path} is not in the one folder ${root}`);
      return [path.slice(root.length + 1), bytes];
    }),
  );
}

/** ELN Consortium: a ZIP with one folder at its root, which is an RO-Crate. */
function toEln<F extends Uint8Array | FileFacts>(files: ReadonlyMap<string, F>): ReadonlyMap<string, F> {
  const root = `arqon-${readManifest(heldFiles(files)).artifact_id.slice("sha256:".length, 19)}`;
  return new Map([...files].map(([path, bytes]) => [`${root}/${path}`, bytes]));
}
