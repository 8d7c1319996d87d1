/** Looks for private keys where none may be. */
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

/** Secret bytes of a key: its seed, and what is computed from that when it is expanded to sign. */
export function secretsOf(algorithm: string, seed: Uint8Array): Buffer[] {
  if (algorithm === "ed25519") {
    // RFC 8032: the scalar, clamped, and the prefix.
    const expanded = createHash("sha512").update(seed).digest();
    const scalar = Buffer.from(expanded.subarray(0, 32));
    scalar[0] = (scalar[0] as number) & 248;
    scalar[31] = ((scalar[31] as number) & 63) | 64;
    return [Buffer.from(seed), scalar, expanded.subarray(0, 32), expanded.subarray(32)];
  }
  // FIPS 204, ML-DSA-65: the seed of the secret vectors, and the key K, which stands in the expanded form as it is.
  const expanded = createHash("shake256", { outputLength: 128 })
    .update(seed)
    .update(Uint8Array.of(6, 5))
    .digest();
  return [Buffer.from(seed), expanded.subarray(32, 96), expanded.subarray(96)];
}

/** A secret as it is, in hexadecimal digits and in base64, wherever in a longer text it would begin. */
export function formsOf(secret: Buffer): Buffer[] {
  const hex = secret.toString("hex");
  // Without the characters that depend on what stands before and after.
  const base64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), secret])
      .toString("base64")
      .slice(4, 38),
  );
  const texts = [
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ];
  return [secret, ...[...new Set(texts)].map((text) => Buffer.from(text))];
}

/** How many of the needles are somewhere in the memory of a process (Linux). */
export function foundInMemory(pid: number, needles: readonly Buffer[]): number {
  const memory = openSync(`/proc/${pid}/mem`, "r");
  const found = new Set<Buffer>();
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const [, from, to, mode] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
      if (from === undefined || to === undefined || !mode?.startsWith("rw")) continue;
      for (let at = BigInt(`0x${from}`); at < BigInt(`0x${to}`); at += BigInt(1 << 24)) {
        // Pieces overlap by more than a needle's length.
        const size = Math.min(Number(BigInt(`0x${to}`) - at), (1 << 24) + 256);
        const piece = Buffer.alloc(size);
        try {
          readSync(memory, piece, 0, size, at);
        } catch {
          continue; // A guard page, or one that was never touched.
        }
        for (const needle of needles) if (piece.includes(needle)) found.add(needle);
      }
    }
  } finally {
    closeSync(memory);
  }
  return found.size;
}
