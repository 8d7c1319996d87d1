/** Pictures of circuits. */
export { DRAW_LIMITS } from "./layout.ts";
export { drawSvg } from "./svg.ts";
export { drawText, type TextOptions } from "./terminal.ts";
