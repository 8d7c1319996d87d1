/** How objects lie in a store, where that is not as they are. */
export interface ObjectCodec {
  encode(bytes: Uint8Array, digest: string): Promise<Uint8Array>;
  /** @throws ArqonError `SEAL_BROKEN` when the stored bytes were damaged. */
  decode(stored: Uint8Array, digest: string): Promise<Uint8Array>;
  /** As `encode`, piece by piece. */
  encodeLong(bytes: AsyncIterable<Uint8Array>, digest: string): AsyncIterable<Uint8Array>;
  /** As `decode`, piece by piece; only the end proves the whole. */
  decodeLong(stored: AsyncIterable<Uint8Array>, digest: string): AsyncIterable<Uint8Array>;
  /** Whether the stored bytes went through `encode`. */
  isEncoded(stored: Uint8Array, digest: string): boolean;
}

/** Most bytes that an encoding may make of `bytes` bytes. */
export function encodedBytes(bytes: number): number {
  return Math.ceil(bytes * (1 + 2 ** -11)) + 65_536;
}
