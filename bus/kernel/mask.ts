/** Removing the mask of client frames, eight bytes at a time. */

/**
 * XORs `bytes[from, to)` with a four-byte key, in place.
 *
 * @param view   a view of exactly the same memory as `bytes`.
 * @param key    the mask key as one little-endian 32-bit number.
 * @param phase  how many payload bytes of this frame came before `from`; the key is rotated by it.
 */
export function unmask(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  key: number,
  phase = 0,
): void {
  const turn = 8 * (phase & 3);
  const rotated = turn === 0 ? key >>> 0 : ((key >>> turn) | (key << (32 - turn))) >>> 0;
  let at = from;
  if (to - from >= 64) {
    const wide = BigInt(rotated) * 0x1_0000_0001n;
    for (; at + 32 <= to; at += 32) {
      view.setBigUint64(at, BigInt.asUintN(64, view.getBigUint64(at, true) ^ wide), true);
      view.setBigUint64(at + 8, BigInt.asUintN(64, view.getBigUint64(at + 8, true) ^ wide), true);
      view.setBigUint64(at + 16, BigInt.asUintN(64, view.getBigUint64(at + 16, true) ^ wide), true);
      view.setBigUint64(at + 24, BigInt.asUintN(64, view.getBigUint64(at + 24, true) ^ wide), true);
    }
  }
  for (; at + 4 <= to; at += 4) view.setUint32(at, view.getUint32(at, true) ^ rotated, true);
  for (let shift = 0; at < to; at++, shift += 8)
    bytes[at] = (bytes[at] as number) ^ ((rotated >>> shift) & 0xff);
}
