/** Content-addressed objects: put bytes, get them back under their digest, unchanged or not at all. */
export * from "./file-objects.ts";
export * from "./memory-objects.ts";
export * from "./object-store.ts";
