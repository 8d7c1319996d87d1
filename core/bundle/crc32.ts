/** The checksum ZIP archives carry (ISO 3309). It finds accidents, not attacks. */
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c >>> 0;
});

interface Zlib {
  crc32?(bytes: Uint8Array, before: number): number;
}

const runtime = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process;
const native = (runtime?.getBuiltinModule?.("node:zlib") as Zlib | undefined)?.crc32;

/** CRC-32 of bytes, unsigned, going on from that of the bytes `before`; by the runtime's own implementation where it has one. */
export function crc32(bytes: Uint8Array, before = 0): number {
  return native ? native(bytes, before) : portableCrc32(bytes, before);
}

/** CRC-32 of bytes without help from the runtime. */
export function portableCrc32(bytes: Uint8Array, before = 0): number {
  let crc = before ^ 0xffffffff;
  for (let i = 0; i < bytes.length; i++)
    crc = (TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
