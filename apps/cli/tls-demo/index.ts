/** `arqon tls demo`: the three crypto modes, and what clients of several makes agree on with each. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArqonError, type JsonObject, systemClock, systemEntropy } from "@arqon/core/base";
import { CRYPTO_MODES, type CryptoMode } from "@arqon/core/proof";
import { connect } from "@arqon/sdk";
import { keyValidity, makeTls, openVault } from "@arqon/vault";
import { type Server, startServer } from "../../server/index.ts";
import { table } from "../render.ts";
import type { Terminal } from "../terminal.ts";
import { type Attempt, findOutsiders, type Outsider } from "./outsiders.ts";

/** One client and one mode. */
export interface DemoRow {
  readonly mode: CryptoMode;
  readonly client: string;
  readonly connected: boolean;
  /** As the server recorded them; absent when it refused. */
  readonly group?: string;
  readonly signature?: string;
  /** Why not, as the server recorded it. */
  readonly reason?: string;
  readonly remedy?: string;
  /** What the client said. */
  readonly said: string;
}

/** Runs the demonstration. Returns the exit code. */
export async function tlsDemo(terminal: Terminal, keep: boolean): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "arqon-tls-demo-"));
  try {
    const home = join(folder, "home");
    terminal.progress("making a private authority and certificates …");
    const caFile = await makeCertificates(home);
    const { outsiders, missing } = await findOutsiders(terminal.env);
    const rows: DemoRow[] = [];
    for (const mode of Object.keys(CRYPTO_MODES) as CryptoMode[]) {
      terminal.progress(`${mode}: connecting …`);
      rows.push(...(await demonstrate(home, caFile, mode, outsiders)));
    }
    terminal.progress("");
    terminal.answer({ rows: rows.map((row) => ({ ...row })), missing: [...missing], ...(keep && { home }) });
    print(terminal, rows, missing);
    if (keep) terminal.print(`kept: ${home}`);
    return 0;
  } finally {
    if (!keep) rmSync(folder, { recursive: true, force: true });
  }
}

async function makeCertificates(home: string): Promise<string> {
  const base = { home, clock: systemClock, entropy: systemEntropy };
  const nowUs = systemClock.nowUs();
  const vault = await openVault(base);
  try {
    const validity = { notBeforeUs: nowUs - 3_600_000_000, notAfterUs: nowUs + 86_400_000_000 };
    const authority = keyValidity(systemClock);
    const names = ["localhost", "127.0.0.1"];
    return (await makeTls({ ...base, kms: vault.keys, names, authority, validity })).caFile;
  } finally {
    await vault.close();
  }
}

/** A server in one mode, every client once, and then what the server's ledger says of each. */
async function demonstrate(
  home: string,
  caFile: string,
  mode: CryptoMode,
  outsiders: readonly Outsider[],
): Promise<DemoRow[]> {
  const server = await startServer({ home, port: 0, services: [], tls: { port: 0, mode } });
  const attempts: { readonly client: string; readonly attempt: Attempt }[] = [];
  try {
    const { port } = new URL(server.secureUrl as string);
    attempts.push({ client: "Arqon SDK (TypeScript)", attempt: await own(server, caFile) });
    for (const outsider of outsiders)
      attempts.push({ client: outsider.name, attempt: await outsider.connect(Number(port), caFile) });
  } finally {
    await server.close();
  }
  const seen = await handshakes(home, attempts.length);
  return attempts.map(({ client, attempt }, i) => {
    const record = seen[i] ?? {};
    const word = (name: string): string | undefined => {
      const value = record[name];
      return typeof value === "string" ? value : undefined;
    };
    const [group, signature] = [word("group"), word("signature")];
    const [reason, remedy] = [word("message"), word("remedy")];
    return {
      mode,
      client,
      connected: attempt.ok,
      ...(group && signature && { group, signature }),
      ...(reason && remedy && { reason, remedy }),
      said: attempt.detail,
    };
  });
}

async function own(server: Server, caFile: string): Promise<Attempt> {
  try {
    const client = await connect({
      url: server.secureUrl as string,
      apiKey: server.apiKey,
      tls: { caFile },
      reconnect: false,
    });
    await client.close();
    return { ok: true, detail: `welcome, ${client.principal}` };
  } catch (thrown) {
    const { code, message } = ArqonError.from(thrown);
    return { ok: false, detail: `${message} [${code}]` };
  }
}

/** The last handshakes of the governance ledger, oldest first. */
async function handshakes(home: string, count: number): Promise<JsonObject[]> {
  const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy, readOnly: true });
  try {
    const entries = await vault.auditTail(1_000);
    return entries
      .filter(({ event }) => String(event).startsWith("tls."))
      .slice(0, count)
      .reverse();
  } finally {
    await vault.close();
  }
}

function print(terminal: Terminal, rows: readonly DemoRow[], missing: readonly string[]): void {
  const cells = rows.map(({ mode, client, connected, group = "", signature = "", reason = "", said }) => [
    mode,
    client,
    connected ? "✓" : "✗",
    connected ? group : "refused",
    connected ? signature : reason.replace(/ \(mode.*/, ""),
    connected ? "" : said,
  ]);
  const head = ["mode", "client", "", "key exchange", "signature, or why not", "the client saw"];
  for (const line of table(head, cells)) terminal.print(line);
  const remedy = rows.find((row) => row.mode === "pqc-required" && row.remedy)?.remedy;
  terminal.print("");
  if (remedy !== undefined) terminal.print(`what the server's ledger advises: ${remedy}`);
  if (missing.length > 0) terminal.print(`not here: ${missing.join("; ")}`);
  terminal.print(`your own: ${terminal.invocation} tls init, then ${terminal.invocation} serve --tls`);
}
