/** Behaviour that is agreed at hello. */
import type { Hello } from "@arqon/core/wire";

const KNOWN = new Set(["ack-ranges", "credit", "packing"]);

/** What both sides will use: what the client offered and this server understands. */
export function agreedFeatures(hello: Hello, canPack: boolean): ReadonlySet<string> {
  return new Set(hello.features.filter((name) => KNOWN.has(name) && (canPack || name !== "packing")));
}
