/** Encryption at rest: files in authenticated segments under data keys that the keystore wraps. */
export { headerIn, MAGIC, MAX_HEAD_BYTES } from "./header.ts";
export * from "./sealed.ts";
