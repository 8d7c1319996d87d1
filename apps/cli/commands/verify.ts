/** `arqon verify ID|PATH`: every digest, signature and proof, offline. */
import { ArqonError, type JsonObject } from "@arqon/core/base";
import { type VerifyOptions, type VerifyReport, verifyArchive, verifyBundle } from "@arqon/core/bundle";
import { CRYPTO_MODES, isCryptoMode } from "@arqon/core/proof";
import { parseTrust, readTrust } from "@arqon/vault";
import { isBundlePath, readBundle } from "../bundle-path.ts";
import type { Arguments, Command } from "../command.ts";
import { readUserFile, withVault } from "../store.ts";
import type { Terminal } from "../terminal.ts";

export const verify: Command = {
  name: "verify",
  summary: "check every byte, signature and ledger proof of an artifact, offline",
  positionals: ["ID|PATH"],
  options: {
    trust: {
      type: "string",
      value: "FILE",
      help: "trust file the signing keys must be in (default: this ARQON_HOME's, if they are)",
    },
    require: {
      type: "string",
      value: "MODE",
      help: "signatures that must be there: classical, hybrid (default: Ed25519 and ML-DSA-65) or pqc-required",
    },
  },
  example: "arqon verify bell.zip",
  async run(args, terminal) {
    const report = await judge(args.positionals[0] as string, args, terminal);
    terminal.answer(reportJson(report));
    for (const line of reportLines(report)) terminal.print(line);
    return report.verdict === "VERIFIED" ? 0 : 1;
  },
};

async function judge(argument: string, args: Arguments, terminal: Terminal): Promise<VerifyReport> {
  const mode = args.text("require") ?? "hybrid";
  if (!isCryptoMode(mode))
    throw new ArqonError(
      "USAGE",
      `--require "${mode}" is not one of ${Object.keys(CRYPTO_MODES).join(", ")}`,
    );
  const { require } = CRYPTO_MODES[mode];
  const checkWith = await checker(argument, terminal);
  const check = (options: VerifyOptions): Promise<VerifyReport> => checkWith({ ...options, require });
  const named = args.text("trust");
  if (named !== undefined)
    return check({ trust: parseTrust(new TextDecoder().decode(await readUserFile(named)), named) });
  const report = await check({ trust: await readTrust(terminal.home) });
  // A stranger's bundle: check it by the keys it carries, and say that nobody vouches for them.
  return report.verdict === "UNTRUSTED" ? check({}) : report;
}

async function checker(
  argument: string,
  terminal: Terminal,
): Promise<(options: VerifyOptions) => Promise<VerifyReport>> {
  if (/\.zip$/i.test(argument)) {
    const bytes = await readUserFile(argument);
    return (options) => verifyArchive(bytes, options);
  }
  const files = isBundlePath(argument)
    ? await readBundle(argument)
    : await withVault(terminal, async (vault) => vault.bundle((await vault.find(argument)).recordId));
  return (options) => verifyBundle(files, options);
}

function reportJson({ verdict, trusted, ids, checks }: VerifyReport): JsonObject {
  return { verdict, trusted, ...ids, checks: checks.map((check) => ({ ...check })) };
}

/** The report as lines for people: what failed first, then the verdict. */
export function reportLines(report: VerifyReport): string[] {
  const sign = { ok: "✓", failed: "✗", "not-checked": "–" } as const;
  return [
    ...report.checks.map(
      ({ status, name, path, detail }) =>
        `  ${sign[status]} ${name}${status !== "ok" && path ? `: ${path}` : ""}${detail ? `: ${detail}` : ""}`,
    ),
    "",
    `${report.verdict}${report.ids ? `  ${report.ids.artifactId}` : ""}`,
    ...(report.verdict === "VERIFIED" && !report.trusted
      ? [
          "intact, but its maker is unknown: nobody in your trust file vouches for the keys it was signed with",
        ]
      : []),
  ];
}
