/** Content-addressed objects: put bytes, get them back under their digest, unchanged or not at all. */
export * from "./blobs.ts";
export * from "./codec.ts";
export * from "./faulty-blobs.ts";
export * from "./file-objects.ts";
export * from "./local-blobs.ts";
export * from "./memory-objects.ts";
export * from "./object-store.ts";
export * from "./s3-blobs.ts";
export { type S3Client, type S3Options, s3Client } from "./s3-client.ts";
export * from "./s3-place.ts";
export * from "./s3-probe.ts";
export * from "./store.ts";
export { uploadJournal } from "./upload-journal.ts";
