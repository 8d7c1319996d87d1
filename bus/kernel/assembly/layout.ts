// Where things lie in the memory of the kernel. `bus/kernel/layout.ts` says the same to TypeScript; a test compares them.

/** What a call reports: stop, body, body end, output end, runs, messages. */
export const REPORT: usize = 4096;
/** Constant end of every stamped message: producer, Reality, time. */
export const SUFFIX: usize = 8192;
/** Runs of messages for the same receivers, 32 bytes each. */
export const RUNS: usize = 16384;
export const MAX_RUNS: u32 = 512;
/** Known topics, behind the sheets: sets of places, in any of which a topic may be. */
export const TOPICS: usize = 34668544;
/** 64 less the logarithm of the number of sets, 4096. */
export const TOPIC_SET_SHIFT: u64 = 52;
export const TOPIC_WAYS: u32 = 4;
export const TOPIC_SLOT_BYTES: usize = 128;
/** Longest topic that is kept. */
export const KEPT_TOPIC_BYTES: u32 = 112;

/** Everything was taken. */
export const END: u32 = 0;
/** What is left is the beginning of a frame or record. */
export const PARTIAL: u32 = 1;
/** The frame that comes next is not one whole binary message, or breaks a rule. Untouched. */
export const FRAME: u32 = 2;
/** A message, unmasked, that is not plain. */
export const MESSAGE: u32 = 3;
/** No room for the next message in the output, or for another run. Untouched. */
export const FULL: u32 = 4;
