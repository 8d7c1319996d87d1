/** SQLite as the vault uses it: write-ahead log, every commit synced, several processes at once. */
export * from "./database.ts";
export * from "./transaction.ts";
