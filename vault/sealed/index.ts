/** Encryption at rest: files in authenticated segments under data keys that the keystore wraps. */
export * from "./sealed.ts";
