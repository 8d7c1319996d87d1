/** What must survive and stay secret: keys, ledger, objects, index. The front door of the wing. */
export * from "./vault.ts";
