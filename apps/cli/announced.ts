/** What the server that runs in an ARQON_HOME says of itself in `server.json`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type JsonObject, jsonObject, parseJson } from "@arqon/core/base";

/** `undefined` where none runs: one that went away without a word left its file. */
export function announced(home: string): JsonObject | undefined {
  try {
    const said = jsonObject(parseJson(readFileSync(join(home, "server.json"), "utf8"), "server"), "server");
    process.kill(Number(said["pid"]), 0);
    return said;
  } catch {
    return undefined;
  }
}
