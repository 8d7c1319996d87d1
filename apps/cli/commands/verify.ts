/** `arqon verify ID|FILE.zip`: every digest, signature and proof, offline. */
import { ArqonError, parseJson } from "@arqon/core/base";
import { type TrustStore, type VerifyReport, verifyBundle } from "@arqon/core/bundle";
import { readTrust } from "@arqon/vault";
import type { Arguments, Command } from "../command.ts";
import { bundleFrom, readUserFile } from "../store.ts";
import type { Terminal } from "../terminal.ts";

export const verify: Command = {
  name: "verify",
  summary: "check every byte, signature and ledger proof of an artifact, offline",
  positionals: ["ID|FILE.zip"],
  options: {
    trust: {
      type: "string",
      value: "FILE",
      help: "trust file the signing keys must be in (default: this ARQON_HOME's, if they are)",
    },
  },
  example: "arqon verify bell.zip",
  async run(args, terminal) {
    const files = await bundleFrom(terminal, args.positionals[0] as string);
    const report = await verifyWith(files, args, terminal);
    terminal.answer({ ...report });
    for (const line of reportLines(report)) terminal.print(line);
    return report.verdict === "VERIFIED" ? 0 : 1;
  },
};

async function verifyWith(
  files: Parameters<typeof verifyBundle>[0],
  args: Arguments,
  terminal: Terminal,
): Promise<VerifyReport> {
  const named = args.text("trust");
  if (named !== undefined)
    return verifyBundle(files, { trust: trustStore(await readUserFile(named), named) });
  const own = await readTrust(terminal.home);
  const report = await verifyBundle(files, { trust: own });
  // A stranger's bundle: check it by the keys it carries, and say that nobody vouched for them.
  return report.verdict === "UNTRUSTED" ? verifyBundle(files, {}) : report;
}

function trustStore(bytes: Uint8Array, path: string): TrustStore {
  const value = parseJson(new TextDecoder().decode(bytes), path);
  if (!Array.isArray(value))
    throw new ArqonError("JSON_INVALID", `${path}: a trust file is a JSON array of keys`);
  return value as unknown as TrustStore;
}

/** The report as lines for people: what failed first, then the verdict. */
export function reportLines(report: VerifyReport): string[] {
  const sign = { ok: "✓", failed: "✗", "not-checked": "–" } as const;
  return [
    ...report.checks.map(
      (check) => `  ${sign[check.status]} ${check.name}${check.detail ? `: ${check.detail}` : ""}`,
    ),
    "",
    `${report.verdict}${report.artifactId ? `  ${report.artifactId}` : ""}`,
  ];
}
