/** Small private files, written so that a crash leaves the old bytes or the new ones. */
export * from "./batch.ts";
export * from "./directory.ts";
export * from "./long.ts";
export * from "./read.ts";
export { createFile, writePrivateFile } from "./write.ts";
