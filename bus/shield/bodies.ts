/** The messages inside the frames of the press: one, or as many as came together. */
import type { Written } from "../kernel/index.ts";

/** Calls with the place of each message in `press.sheet.bytes`. */
export function eachBody(
  { sheet: { bytes }, start, end }: Pick<Written, "sheet" | "start" | "end">,
  call: (from: number, to: number) => void,
): void {
  let at = start;
  while (at < end) {
    let length = bytes[at + 1] as number;
    at += 2;
    if (length === 126) {
      length = bytes.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(at));
      at += 8;
    }
    call(at, at + length);
    at += length;
  }
}

/** Bytes of the messages, without their frames. */
export function bodyBytes(written: Written): number {
  let sum = 0;
  eachBody(written, (from, to) => {
    sum += to - from;
  });
  return sum;
}
