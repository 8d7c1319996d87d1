/** The hot loop: WebSocket frames in and out, stamped and written once for all who receive them. Pure: no sockets here. */
export * from "./deframer.ts";
export * from "./frames.ts";
export * from "./kernel.ts";
export { STOP } from "./layout.ts";
export * from "./mask.ts";
export * from "./records.ts";
export * from "./sheet.ts";
export * from "./upgrade.ts";
