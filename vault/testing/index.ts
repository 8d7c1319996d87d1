/** What the tests of several rooms share. */
export * from "./child.ts";
export * from "./draft.ts";
export * from "./home.ts";
export * from "./keys.ts";
export * from "./local-hsm.ts";
export * from "./memory.ts";
export * from "./services.ts";
export * from "./stored.ts";
