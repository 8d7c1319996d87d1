/** Sizes that are checked before anything is allocated. All are defaults; a server may state lower ones. */

export const LIMITS = {
  /** Largest frame once a client is known, bytes. */
  frameBytes: 1_048_576,
  /** Largest frame before hello was accepted, bytes. */
  helloFrameBytes: 8_192,
  /** Time a client has to say hello. */
  helloTimeoutMs: 5_000,
  topicBytes: 255,
  topicTokens: 16,
  tokenChars: 64,
  subscriptionsPerConnection: 1_000,
  /** Largest JobResult output carried in a frame; more is read from the artifact. */
  outputBytes: 524_288,
  historyPageMessages: 1_000,
  historyPageBytes: 524_288,
  /** Silence after which a connection is dead: 2.5 heartbeats. */
  heartbeatMs: 15_000,
} as const;

/** Version of the protocol this source speaks. */
export const PROTOCOL_VERSION = 1;
/** WebSocket subprotocol of binary ArqonMessages. */
export const SUBPROTOCOL = "arqonbus.v1.proto";
