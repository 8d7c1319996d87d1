/** UUID version 7 (RFC 9562): time-ordered ids from a clock and entropy that are passed in. */
import { toHex } from "./bytes.ts";
import type { Clock } from "./clock.ts";
import { sha256 } from "./digest.ts";
import { ArqonError } from "./errors.ts";
import type { Entropy } from "./system.ts";

const PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether `text` is a lower-case UUID of version 7. */
export function isUuidv7(text: string): boolean {
  return PATTERN.test(text);
}

/** @throws ArqonError `UUID_INVALID` unless `text` is a lower-case UUID of version 7. */
export function requireUuidv7(text: string, what: string): string {
  if (!isUuidv7(text))
    throw new ArqonError("UUID_INVALID", `${what} is not a UUIDv7: "${text.slice(0, 64)}"`);
  return text;
}

function format(bytes: Uint8Array): string {
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A generator of UUIDv7s that sort in the order they were made, also within one millisecond. */
export function uuidv7Generator(clock: Clock, entropy: Entropy): () => string {
  let lastMs = 0;
  let counter = 0;
  let pool = entropy(0);
  let used = 0;
  return () => {
    const nowMs = Math.floor(clock.nowUs() / 1000);
    if (nowMs > lastMs) {
      lastMs = nowMs;
      counter = 0;
    } else if (++counter > 0xfff) {
      lastMs++;
      counter = 0;
    }
    if (used + 8 > pool.length) {
      pool = entropy(512);
      used = 0;
    }
    const bytes = new Uint8Array(16);
    for (let i = 5, ms = lastMs; i >= 0; i--, ms = Math.floor(ms / 256)) bytes[i] = ms % 256;
    bytes[6] = counter >> 8;
    bytes[7] = counter & 0xff;
    bytes.set(pool.subarray(used, used + 8), 8);
    used += 8;
    return format(bytes);
  };
}

/**
 * A UUIDv7 that follows from another one and a label, so that repeating a step names the same child.
 * It keeps the parent's time.
 */
export function deriveUuid(parent: string, label: string): string {
  requireUuidv7(parent, "parent id");
  const digest = sha256(new TextEncoder().encode(`arqon.uuid.v1\n${parent}\n${label}`));
  const bytes = digest.slice(0, 16);
  const time = parent.replaceAll("-", "").slice(0, 12);
  for (let i = 0; i < 6; i++) bytes[i] = Number.parseInt(time.slice(2 * i, 2 * i + 2), 16);
  return format(bytes);
}
