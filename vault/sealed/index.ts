/** Encryption at rest: files in authenticated segments under data keys that the keystore wraps. */
export { MAGIC } from "./header.ts";
export * from "./sealed.ts";
