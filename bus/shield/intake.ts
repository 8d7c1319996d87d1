/** Takes what a socket had through the kernel, message by message and in order with what is not for the kernel. */
import { type Kernel, STOP } from "../kernel/index.ts";
import type { Carried, Form } from "./transport.ts";

/** The obvious way of taking bytes, for what the kernel leaves. */
export interface Parser {
  /** Whether the next byte begins a message. */
  readonly isBetween: boolean;
  readonly isStopped: boolean;
  /** Takes all bytes. */
  push(chunk: Uint8Array): void;
  /** Takes bytes up to the end of the present frame or record. Returns how many. */
  pushOne(chunk: Uint8Array): number;
}

/** Takes a chunk. @throws what `parser` and `session` throw; the chunk's rest is lost then. */
export function takeChunk(
  kernel: Kernel | undefined,
  chunk: Uint8Array,
  form: Form,
  parser: Parser,
  session: Carried,
): void {
  const start = kernel?.enter(chunk);
  if (kernel === undefined || start === undefined) {
    parser.push(chunk);
    return;
  }
  try {
    takeInKernel(kernel, start, start + chunk.length, form, parser, session);
  } finally {
    kernel.leave();
  }
}

function takeInKernel(
  kernel: Kernel,
  start: number,
  end: number,
  form: Form,
  parser: Parser,
  session: Carried,
): void {
  let at = start;
  while (at < end && !parser.isStopped) {
    if (!parser.isBetween) {
      at += parser.pushOne(kernel.view(at, end));
      continue;
    }
    at = session.plain(form, at, end);
    const { stop } = kernel;
    if (stop === STOP.message) session.message(kernel.message);
    else if (stop === STOP.frame) at += parser.pushOne(kernel.view(at, end));
    else if (stop === STOP.partial) {
      parser.push(kernel.view(at, end));
      return;
    }
  }
}
