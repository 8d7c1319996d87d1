export { oracle as fast } from "./oracle.ts";
