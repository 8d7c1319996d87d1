/** The boxes of an engine's files: a key for each new one, and the keys of those that are there. */
import { ArqonError, type Entropy, toHex } from "@arqon/core/base";
import { BatchBox } from "./batch-box.ts";
import { type FileKeys, MAX_WRAPPED_BYTES } from "./file-keys.ts";
import type { SegmentHeader } from "./segment-header.ts";

/** A batch that was opened, and read in part. */
export interface Opened {
  readonly path: string;
  readonly at: number;
  readonly records: Uint8Array;
  readonly endBytes: number;
}

/** Says how new files are written, and opens boxed ones. */
export class Boxes {
  readonly #keys: FileKeys | undefined;
  readonly #entropy: Entropy;
  /** Who reads record by record finds most of them in the batch of the one before. */
  last: Opened | undefined;

  /** @param keys  left out: new files are plain, and boxed ones are refused. */
  constructor(keys: FileKeys | undefined, entropy: Entropy) {
    this.#keys = keys;
    this.#entropy = entropy;
  }

  /** Whether every file is to be boxed. */
  get seal(): boolean {
    return this.#keys !== undefined;
  }

  /** Whether a file is as a new one would be: plain or boxed, and under the newest key. Others are not written to any more. */
  async isCurrent({ wrappedKey }: SegmentHeader): Promise<boolean> {
    if (!this.#keys) return wrappedKey === undefined;
    return wrappedKey !== undefined && this.#keys.isNewest(wrappedKey);
  }

  /** What a new file begins with, and its box where it has one. */
  async label(header: SegmentHeader): Promise<{ header: SegmentHeader; box: BatchBox | undefined }> {
    if (!this.#keys) return { header, box: undefined };
    const { key, wrapped } = await this.#keys.create(contextOf(header));
    if (wrapped.length > MAX_WRAPPED_BYTES)
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `a wrapped key of ${wrapped.length} bytes; at most ${MAX_WRAPPED_BYTES} fit a file`,
      );
    return { header: { ...header, wrappedKey: wrapped }, box: new BatchBox(key, this.#entropy) };
  }

  /** The box of a file that has a wrapped key. @throws ArqonError `KEY_UNKNOWN` without keys, or as {@link FileKeys.open}. */
  async open(path: string, header: SegmentHeader & { readonly wrappedKey: Uint8Array }): Promise<BatchBox> {
    if (!this.#keys)
      throw new ArqonError("KEY_UNKNOWN", `${path} is encrypted, and no keys are given to open it`, {
        remedy: 'Say "encryptAtRest": true in policy.json, as when it was written.',
      });
    return new BatchBox(await this.#keys.open(header.wrappedKey, contextOf(header)), this.#entropy);
  }
}

/** Which file a key is for: no key opens another's, or another version of the same file. */
function contextOf({ name, baseSequence, epoch, salt, previousChain }: SegmentHeader): string {
  return `log segment "${name}" ${baseSequence} ${salt} ${toHex(epoch)} ${toHex(previousChain)}`;
}
