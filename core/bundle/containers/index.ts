export * from "./containers.ts";
