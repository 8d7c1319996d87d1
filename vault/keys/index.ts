/** Keys that sign, and the file they are sealed in. Private keys never leave this room. */
export * from "./file-keystore.ts";
export * from "./keystore.ts";
export * from "./signers.ts";
