/** `arqon tls show`: the certificates of this ARQON_HOME, and the handshakes a server has recorded. */
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { Json, JsonObject } from "@arqon/core/base";
import { tlsPaths } from "@arqon/vault";
import { table } from "./render.ts";
import { withVault } from "./store.ts";
import type { Terminal } from "./terminal.ts";

/** Handshakes shown. */
const LAST = 20;

/** A certificate of `tls/`. */
export interface Served {
  readonly certFile: string;
  readonly algorithm: string;
  readonly names: string;
  /** UTC, RFC 3339. */
  readonly validUntil: string;
}

/** Certificates that were made for the server of a home. */
export function servedCertificates(home: string): Served[] {
  return tlsPaths(home)
    .certificates.filter(({ certFile }) => existsSync(certFile))
    .map(({ certFile }) => {
      const { subjectAltName = "", validToDate, publicKey } = new X509Certificate(readFileSync(certFile));
      const algorithm = publicKey.asymmetricKeyType ?? "";
      return { certFile, algorithm, names: subjectAltName, validUntil: validToDate.toISOString() };
    });
}

/** Prints both. */
export async function showTls(terminal: Terminal): Promise<number> {
  const { caFile } = tlsPaths(terminal.home);
  const served = servedCertificates(terminal.home);
  const audit = await withVault(terminal, (vault) => vault.auditTail(10_000));
  const seen = audit.filter(({ event }) => String(event).startsWith("tls.")).slice(0, LAST);
  terminal.answer({ caFile, certificates: served.map((one) => ({ ...one })), handshakes: seen });
  if (served.length === 0)
    terminal.print(`no certificates yet; make them with ${terminal.invocation} tls init`);
  for (const { algorithm, validUntil, names } of served)
    terminal.print(`${algorithm.padEnd(10)} until ${validUntil.slice(0, 10)}   ${names}`);
  if (seen.length > 0) {
    terminal.print("");
    const rows = seen.map((entry) => [
      text(entry["at"]).slice(0, 19),
      text(entry["listener"]),
      text(entry["mode"]),
      ...agreement(entry),
    ]);
    for (const line of table(["when", "listener", "mode", "key exchange", "signature", ""], rows))
      terminal.print(line);
  }
  return 0;
}

function agreement(entry: JsonObject): string[] {
  if (entry["event"] === "tls.refused") return ["refused", "", text(entry["message"])];
  return [text(entry["group"]), text(entry["signature"]), text(entry["cipher"])];
}

const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");
