/** Where things lie in the memory of the kernel, as in assembly/layout.ts. */

export const REPORT = 4_096;
export const SUFFIX = 8_192;
export const SUFFIX_BYTES = 512;
export const RUNS = 16_384;
/** Longest topic the kernel keeps, bytes. */
export const KEPT_TOPIC_BYTES = 112;
/** Room for a topic to be learnt. */
export const TOPIC = 12_288;
/** Where sockets read; behind it is room for the last step of a loop that goes too far. */
export const INPUT = 655_360;
export const INPUT_BYTES = 262_144;
export const SHEETS = 1_048_576;
/** Bytes of a sheet; a message that does not fit gets one of its own. */
export const SHEET_BYTES = 262_144;
export const SHEET_COUNT = 128;
/** What a loop that goes too far may touch, and the topics the kernel knows, 4 in each of 4096 sets of 128 bytes. */
const BEHIND = 65_536 + 4 * 4_096 * 128;
/** Of the memory, which never grows: that would detach every view of it. */
export const PAGES: number = (SHEETS + SHEET_COUNT * SHEET_BYTES + BEHIND) / 65_536;

/** Why a call stopped. */
export const STOP = {
  /** Everything was taken. */
  end: 0,
  /** What is left is the beginning of a frame or record. */
  partial: 1,
  /** The next frame is not one whole binary message, or breaks a rule; it was not touched. */
  frame: 2,
  /** A message, unmasked, that is not plain. */
  message: 3,
  /** No room for the next message in the output; it was not touched. */
  full: 4,
} as const;
