/** How much one connection may publish in a second. */
import { ArqonError } from "@arqon/core/base";
import { Bucket } from "./bucket.ts";
import type { ShieldLimits } from "./limits.ts";

/** The rates of one connection. */
export interface Rates {
  /** @throws ArqonError `RATE_LIMITED` when another message of this size would be too much. */
  take(bytes: number, nowMs: number): void;
  /** What may be taken at once without asking. */
  readonly left: { readonly messages: number; readonly bytes: number };
  /** Takes what is left, or a part of it. */
  takeMany(messages: number, bytes: number, nowMs: number): void;
}

/** Rates as the limits say; `undefined` when there are none, so that nothing is spent on them. */
export function limitRates({ messagesPerS, bytesPerS }: ShieldLimits, nowMs: number): Rates | undefined {
  if (!Number.isFinite(messagesPerS) && !Number.isFinite(bytesPerS)) return undefined;
  const messages = new Bucket(messagesPerS, nowMs);
  const size = new Bucket(bytesPerS, nowMs);
  return {
    take: (bytes, atMs) => {
      if (!messages.take(1, atMs))
        throw new ArqonError("RATE_LIMITED", `more than ${messagesPerS} messages a second`);
      if (!size.take(bytes, atMs))
        throw new ArqonError("RATE_LIMITED", `more than ${bytesPerS} bytes a second`);
    },
    get left() {
      return { messages: Math.min(messages.tokens, 0xffff_ffff), bytes: size.tokens };
    },
    takeMany: (count, bytes, atMs) => {
      messages.take(count, atMs);
      size.take(bytes, atMs);
    },
  };
}
