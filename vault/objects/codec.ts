/** How objects lie in a store, where that is not as they are. */
export interface ObjectCodec {
  encode(bytes: Uint8Array, digest: string): Promise<Uint8Array>;
  /** @throws ArqonError `SEAL_BROKEN` when the stored bytes were damaged. */
  decode(stored: Uint8Array, digest: string): Promise<Uint8Array>;
  /** What `encodeLong` begins with; other bytes than those of the digest must never be encoded under it. */
  headLong(digest: string): Promise<Uint8Array>;
  /** Whether a head that was kept can be used again. */
  takesHead(head: Uint8Array, digest: string): Promise<boolean>;
  /** As `encode`, piece by piece. Under the same head the same bytes come out the same. */
  encodeLong(bytes: AsyncIterable<Uint8Array>, digest: string, head: Uint8Array): AsyncIterable<Uint8Array>;
  /** As `decode`, piece by piece; only the end proves the whole. */
  decodeLong(stored: AsyncIterable<Uint8Array>, digest: string): AsyncIterable<Uint8Array>;
  /** Whether stored bytes that start so, with all of their head, are as `encode` would make them now: under the newest key. */
  isCurrent(start: Uint8Array, digest: string): boolean;
}

/** Most bytes that an encoding may make of `bytes` bytes. */
export function encodedBytes(bytes: number): number {
  return Math.ceil(bytes * (1 + 2 ** -11)) + 65_536;
}
