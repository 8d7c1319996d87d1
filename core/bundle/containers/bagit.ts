/** BagIt 1.0 (RFC 8493): the bundle is the payload in `data/`, under the manifest that archives know how to check. */
import { ArqonError, fromUtf8, utf8 } from "../../base/index.ts";
import { type BundleListing, digestOf, type FileFacts, heldFiles, sizeOf } from "../contents.ts";
import { readManifest } from "../manifest.ts";
import { comparePaths } from "../path.ts";

const DECLARATION = "bagit.txt";
const PAYLOAD = "manifest-sha256.txt";
const TAGS = "tagmanifest-sha256.txt";

/** Whether files are a bag. */
export const isBag = (files: BundleListing): boolean => files.has(DECLARATION) && files.has(PAYLOAD);

/** @throws ArqonError `BUNDLE_MALFORMED` when the bundle has no manifest. */
export function toBag<F extends Uint8Array | FileFacts>(
  files: ReadonlyMap<string, F>,
): ReadonlyMap<string, F | Uint8Array> {
  const manifest = readManifest(heldFiles(files));
  const payload = new Map([...files].map(([path, bytes]) => [`data/${path}`, bytes]));
  const octets = [...files.values()].reduce((sum, file) => sum + sizeOf(file), 0);
  const info = [
    `Bagging-Date: ${manifest.created_at.slice(0, 10)}`,
    `External-Identifier: ${manifest.artifact_id}`,
    `Internal-Sender-Identifier: ${manifest.job_id}`,
    `Payload-Oxum: ${octets}.${files.size}`,
  ];
  const tags = new Map([
    [DECLARATION, utf8("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")],
    ["bag-info.txt", utf8(`${info.join("\n")}\n`)],
    [PAYLOAD, digestLines(payload)],
  ]);
  return new Map<string, F | Uint8Array>([...payload, ...tags, [TAGS, digestLines(tags)]]);
}

/** The payload, once its manifest agrees. @throws ArqonError `BUNDLE_TAMPERED` naming the first file that does not. */
export function unbag<F extends Uint8Array | FileFacts>(
  files: ReadonlyMap<string, F>,
): ReadonlyMap<string, F> {
  const payload = new Map([...files].filter(([path]) => path.startsWith("data/")));
  // Manifests of tags list no manifest of tags, of whatever digest.
  const isTag = (path: string): boolean => !path.startsWith("data/") && !path.startsWith("tagmanifest-");
  const tags = new Map([...files].filter(([path]) => isTag(path)));
  agree(PAYLOAD, files, payload);
  if (files.has(TAGS)) agree(TAGS, files, tags);
  return new Map([...payload].map(([path, bytes]) => [path.slice("data/".length), bytes]));
}

function agree(manifest: string, bag: BundleListing, files: BundleListing): void {
  const told = new Map<string, string>();
  for (const line of fromUtf8(heldFiles(bag).get(manifest) ?? new Uint8Array()).split(/\r?\n/)) {
    if (line === "") continue;
    const entry = /^([0-9a-f]{64})[ \t]+\*?(.+)$/i.exec(line);
    if (!entry) throw new ArqonError("BUNDLE_TAMPERED", `${manifest} has a line that is no digest and path`);
    const path = decode(entry[2] as string);
    if (told.has(path)) throw new ArqonError("BUNDLE_TAMPERED", `${manifest} lists ${path} twice`);
    told.set(path, (entry[1] as string).toLowerCase());
  }
  for (const [path, digest] of told) {
    const bytes = files.get(path);
    if (!bytes) throw new ArqonError("BUNDLE_TAMPERED", `${path} was removed: ${manifest} lists it`);
    if (digestOf(bytes) !== digest)
      throw new ArqonError("BUNDLE_TAMPERED", `${path} was changed: ${manifest} has another digest`);
  }
  for (const path of files.keys())
    if (!told.has(path)) throw new ArqonError("BUNDLE_TAMPERED", `${path} was added: ${manifest} lacks it`);
}

function digestLines(files: BundleListing): Uint8Array {
  const lines = [...files]
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([path, file]) => `${digestOf(file)}  ${path.replaceAll("%", "%25")}\n`);
  return utf8(lines.join(""));
}

const decode = (path: string): string =>
  path.replace(/%(0A|0D|25)/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
