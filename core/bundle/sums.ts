/** `SHA256SUMS`: every other file of a bundle, as coreutils reads it. */
import { ArqonError, fromUtf8, utf8 } from "../base/index.ts";
import { type BundleListing, digestOf } from "./contents.ts";
import { comparePaths } from "./path.ts";

export const SUMS_PATH = "SHA256SUMS";

/** The file's bytes: digest, two spaces, path, line feed; sorted by the paths' UTF-8 bytes. */
export function renderSums(files: BundleListing): Uint8Array {
  return renderDigests(new Map([...files].map(([path, file]) => [path, digestOf(file)])));
}

/** As {@link renderSums}, from digests by path. */
export function renderDigests(digests: ReadonlyMap<string, string>): Uint8Array {
  const lines = [...digests]
    .filter(([path]) => path !== SUMS_PATH)
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([path, digest]) => `${digest}  ${path}\n`);
  return utf8(lines.join(""));
}

/** Reads the file into digests by path. @throws ArqonError `BUNDLE_MALFORMED` naming the line. */
export function parseSums(bytes: Uint8Array): Map<string, string> {
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch (cause) {
    throw new ArqonError("BUNDLE_MALFORMED", `${SUMS_PATH} is not UTF-8`, { cause });
  }
  const sums = new Map<string, string>();
  const lines = text.split("\n");
  if (lines.pop() !== "")
    throw new ArqonError("BUNDLE_MALFORMED", `${SUMS_PATH} does not end in a line feed`);
  lines.forEach((line, i) => {
    const match = /^([0-9a-f]{64}) {2}(.+)$/.exec(line);
    const path = match?.[2];
    if (match?.[1] === undefined || path === undefined || sums.has(path))
      throw new ArqonError("BUNDLE_MALFORMED", `${SUMS_PATH} line ${i + 1} is malformed or repeated`);
    sums.set(path, match[1]);
  });
  return sums;
}
