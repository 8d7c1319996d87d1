/** Takes what a socket had through the kernel, message by message and in order with what is not for the kernel. */
import { type Kernel, STOP } from "../kernel/index.ts";
import type { Form } from "./transport.ts";

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

/** Who is given what a chunk holds. */
export interface Taker {
  /** Lets the kernel take plain messages that lie in its memory. Returns where it stopped; the kernel says why. */
  plain(form: Form, at: number, end: number): number;
  /** A message that is not plain; the bytes are valid during the call only. */
  message(bytes: Uint8Array): void;
}

/** Takes a chunk. @throws what `parser` and `taker` throw; the chunk's rest is lost then. */
export function takeChunk(
  kernel: Kernel | undefined,
  chunk: Uint8Array,
  form: Form,
  parser: Parser,
  taker: Taker,
): void {
  const start = kernel?.enter(chunk);
  if (kernel === undefined || start === undefined) {
    parser.push(chunk);
    return;
  }
  try {
    takeInKernel(kernel, start, start + chunk.length, form, parser, taker);
  } finally {
    kernel.leave();
  }
}

/** Takes bytes that lie in the kernel's memory already. */
export function takeInKernel(
  kernel: Kernel,
  start: number,
  end: number,
  form: Form,
  parser: Parser,
  taker: Taker,
): void {
  let at = start;
  while (at < end && !parser.isStopped) {
    if (!parser.isBetween) {
      at += parser.pushOne(kernel.view(at, end));
      continue;
    }
    at = taker.plain(form, at, end);
    const { stop } = kernel;
    if (stop === STOP.message) taker.message(kernel.message);
    else if (stop === STOP.frame) at += parser.pushOne(kernel.view(at, end));
    else if (stop === STOP.partial) {
      parser.push(kernel.view(at, end));
      return;
    }
  }
}
