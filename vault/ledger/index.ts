/** The ledger: an append-only Merkle tree in SQLite, with signed checkpoints. */
export * from "./ledger.ts";
export * from "./tiles.ts";
