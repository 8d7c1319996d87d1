/** Registry and presence: who is connected and what they can do. */
export * from "./brain.ts";
export * from "./realities.ts";
