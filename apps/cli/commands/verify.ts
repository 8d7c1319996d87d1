/** `arqon verify ID|PATH`: every digest, signature and proof, offline. */
import { stat } from "node:fs/promises";
import { ArqonError, type JsonObject } from "@arqon/core/base";
import { type VerifyOptions, type VerifyReport, verifyArchive, verifyBundle } from "@arqon/core/bundle";
import { CRYPTO_MODES, isCryptoMode } from "@arqon/core/proof";
import { parseTrust, proveLarge, readDistrust, readTrust } from "@arqon/vault";
import { isBundlePath, withBundle } from "../bundle-path.ts";
import { byteProgress } from "../byte-progress.ts";
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
  const named = args.text("trust");
  const trust =
    named === undefined
      ? await readTrust(terminal.home)
      : parseTrust(new TextDecoder().decode(await readUserFile(named)), named);
  const refused = named === undefined ? readDistrust(terminal.home) : [];
  return withChecker(argument, terminal, async (check) => {
    const report = await check({ trust, require, refused });
    // A stranger's bundle: check it by the keys it carries, and say that nobody vouches for them.
    return named === undefined && report.verdict === "UNTRUSTED" ? check({ require, refused }) : report;
  });
}

type Check = (options: VerifyOptions) => Promise<VerifyReport>;

/** Archives up to this size are read at once, and of a damaged one each file that was changed is named. */
const WHOLE_BYTES = 64 * 2 ** 20;

async function withChecker(
  argument: string,
  terminal: Terminal,
  use: (check: Check) => Promise<VerifyReport>,
): Promise<VerifyReport> {
  const isZip = /\.zip$/i.test(argument);
  const facts = isZip ? await stat(argument).catch(() => undefined) : undefined;
  if (isZip && !(facts?.isFile() && facts.size > WHOLE_BYTES)) {
    const bytes = await readUserFile(argument);
    return use((options) => verifyArchive(bytes, options));
  }
  if (!isBundlePath(argument))
    return withVault(terminal, async (vault) => {
      const contents = await vault.contents((await vault.find(argument)).recordId);
      await proveLarge(contents, byteProgress(terminal, "reading"));
      return use((options) => verifyBundle(contents, options));
    });
  try {
    return await withBundle(argument, byteProgress(terminal, "reading"), (contents, archiveBytes) =>
      use(async (options) => {
        const report = await verifyBundle(contents, options);
        if (!isZip) return report;
        const archive = {
          name: "archive",
          status: "ok",
          detail: `${archiveBytes} bytes, canonical`,
        } as const;
        return { ...report, checks: [archive, ...report.checks] };
      }),
    );
  } catch (thrown) {
    const { code, message } = ArqonError.from(thrown);
    if (!isZip || code !== "BUNDLE_MALFORMED") throw thrown;
    return {
      verdict: "FAILED",
      trusted: false,
      code,
      checks: [{ name: "archive", status: "failed", detail: message, code }],
    };
  }
}

function reportJson({ verdict, trusted, code, ids, checks }: VerifyReport): JsonObject {
  return { verdict, trusted, ...(code && { code }), ...ids, checks: checks.map((check) => ({ ...check })) };
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
    `${report.verdict}${report.code ? ` [${report.code}]` : ""}${report.ids ? `  ${report.ids.artifactId}` : ""}`,
    ...(report.verdict === "VERIFIED" && !report.trusted
      ? [
          "intact, but its maker is unknown: nobody in your trust file vouches for the keys it was signed with",
        ]
      : []),
  ];
}
