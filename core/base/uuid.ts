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

/** Two digits for each byte. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

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
  /** The part that holds the time, and the time it is of. */
  let time = "";
  let timeMs = -1;
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
      pool = entropy(4_096);
      used = 0;
    }
    if (lastMs !== timeMs) {
      timeMs = lastMs;
      const digits = lastMs.toString(16).padStart(12, "0");
      time = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
    }
    const at = used;
    used += 8;
    const hex = (i: number): string => HEX[pool[at + i] as number] as string;
    const variant = HEX[((pool[at] as number) & 0x3f) | 0x80] as string;
    const count = `${(counter >> 8).toString(16)}${HEX[counter & 0xff]}`;
    return `${time}${count}-${variant}${hex(1)}-${hex(2)}${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}`;
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
