/** Where a local server is and its key: the only file that reads the environment and files, and only under Node. */
import { ArqonError, jsonObject, parseJson } from "@arqon/core/base";
import type { TlsFiles } from "./tls.ts";

interface NodeProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  getBuiltinModule?(name: string): unknown;
}
interface NodeFs {
  readFileSync(path: string, encoding: "utf8"): string;
}
interface NodePath {
  join(...parts: string[]): string;
}
interface NodeOs {
  homedir(): string;
}

/** What the surroundings say of a server. */
export interface Surroundings {
  readonly url?: string;
  readonly apiKey?: string;
}

function readObject(fs: NodeFs, path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = fs.readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return {};
    throw new ArqonError("FILE_UNREADABLE", `${path}: ${(cause as Error).message}`, { cause });
  }
  return jsonObject(parseJson(text, path), path);
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** Files of TLS: what was asked for, completed from the environment. */
export function readTlsFiles(asked: TlsFiles = {}): TlsFiles {
  const { process } = globalThis as { process?: NodeProcess };
  const env = process?.env ?? {};
  return {
    caFile: asked.caFile ?? text(env["ARQON_CA"]),
    certFile: asked.certFile ?? text(env["ARQON_CLIENT_CERT"]),
    keyFile: asked.keyFile ?? text(env["ARQON_CLIENT_KEY"]),
    passphrase: asked.passphrase ?? text(env["ARQON_CLIENT_PASSPHRASE"]),
  };
}

/**
 * Url and key: what was asked for, then ARQON_URL and ARQON_API_KEY, then `server.json` and `client.json` in ARQON_HOME
 * (default `~/.arqon`). A key from a file is used only for the url of that home, so that it never reaches a server it
 * was not made for. In a browser only what was asked for counts.
 * @throws ArqonError `FILE_UNREADABLE`, `JSON_INVALID`
 */
export function readSurroundings(asked: Surroundings): Surroundings {
  const { process } = globalThis as { process?: NodeProcess };
  if ((asked.url && asked.apiKey) || !process?.getBuiltinModule) return asked;
  const envUrl = asked.url ?? text(process.env["ARQON_URL"]);
  const envKey = asked.apiKey ?? text(process.env["ARQON_API_KEY"]);
  if (envUrl && envKey) return { url: envUrl, apiKey: envKey };
  const fs = process.getBuiltinModule("node:fs") as NodeFs;
  const { join } = process.getBuiltinModule("node:path") as NodePath;
  const { homedir } = process.getBuiltinModule("node:os") as NodeOs;
  const home = text(process.env["ARQON_HOME"]) ?? join(homedir(), ".arqon");
  const client = readObject(fs, join(home, "client.json"));
  const server = readObject(fs, join(home, "server.json"));
  // Of a running server its own word counts, and a plain TCP connection costs least.
  const running = [text(server["tcpUrl"]), text(server["url"])].filter((each) => each !== undefined);
  const fileUrls = running.length > 0 ? running : [text(client["url"])];
  const url = envUrl ?? fileUrls[0];
  const apiKey = envKey ?? (url !== undefined && fileUrls.includes(url) ? text(client["apiKey"]) : undefined);
  return { ...(url && { url }), ...(apiKey && { apiKey }) };
}
