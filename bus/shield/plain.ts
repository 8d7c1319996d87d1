/** The messages of one connection that the kernel takes. */
import type { Kernel } from "../kernel/index.ts";
import type { Lane, Port } from "../spine/index.ts";
import type { Rates } from "./rates.ts";
import type { Form } from "./transport.ts";
import type { Windows } from "./windows.ts";

/** Where a chunk of bytes lies in the kernel's memory, and how messages lie in it. */
export interface Chunk {
  readonly form: Form;
  readonly at: number;
  readonly end: number;
  /** Largest message. */
  readonly mostBytes: number;
}

const UNLIMITED = { messages: 0xffff_ffff, bytes: Number.POSITIVE_INFINITY };

/**
 * Lets the kernel take plain messages, within the rates of their connection. Returns where it stopped.
 * @param lane  absent where no message is plain, before a connection is open for one.
 */
export function takePlain(
  kernel: Kernel,
  lane: Lane | undefined,
  { form, at, end, mostBytes }: Chunk,
  port: Port,
  rates: Rates | undefined,
  windows: Windows | undefined,
  nowMs: number,
): number {
  if (lane === undefined) return kernel[form](at, end, mostBytes, false);
  const stop = lane.take(port, form, at, end, mostBytes, rates?.left ?? UNLIMITED);
  const { messages, bytes } = lane.took;
  if (messages > 0) {
    rates?.takeMany(messages, bytes, nowMs);
    windows?.publications.took(messages, bytes);
  }
  return stop;
}
