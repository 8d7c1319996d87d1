/** Damage to bundles, for tests. */
import { type BundleFiles, renderSums, SUMS_PATH } from "../index.ts";

/** The bundle with a file added or replaced; `resum` also writes SHA256SUMS anew. */
export const changed = (files: BundleFiles, path: string, bytes: Uint8Array, resum = false): BundleFiles => {
  const copy = new Map(files).set(path, bytes);
  return resum ? copy.set(SUMS_PATH, renderSums(copy)) : copy;
};

/** The bundle without a file. */
export const without = (files: BundleFiles, path: string, resum = false): BundleFiles => {
  const copy = new Map(files);
  copy.delete(path);
  return resum ? copy.set(SUMS_PATH, renderSums(copy)) : copy;
};

/** The bytes with one bit of one of them turned. */
export const flip = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
};
