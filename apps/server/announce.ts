/** `server.json` in ARQON_HOME: how commands and SDKs find a server, and what it lets a job take. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, type Json, type JsonObject, utf8 } from "@arqon/core/base";
import { writePrivateFile } from "@arqon/vault";

/** Writes it. Returns the way to take it back. */
export function announce(home: string, said: Readonly<Record<string, Json | undefined>>): () => void {
  const path = join(home, "server.json");
  const present = Object.entries(said).filter(([, value]) => value !== undefined);
  writePrivateFile(path, utf8(`${canonicalJson(Object.fromEntries(present) as JsonObject)}\n`));
  return () => rmSync(path, { force: true });
}
