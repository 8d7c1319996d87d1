/** `arqon manifest`: the signed run manifest of an artifact, by itself, in JSON or YAML; and its check, offline. */
import { writeFile } from "node:fs/promises";
import { ArqonError, fromUtf8, type JsonObject } from "@arqon/core/base";
import {
  encodeSignedManifest,
  heldFiles,
  type ManifestFormat,
  parseSignedManifest,
  signedManifestOf,
  verifySignedManifest,
} from "@arqon/core/bundle";
import { CRYPTO_MODES, isCryptoMode } from "@arqon/core/proof";
import { parseTrust, readTrust } from "@arqon/vault";
import { isBundlePath, readBundle } from "../bundle-path.ts";
import type { Arguments, Command } from "../command.ts";
import { readUserFile, readUserText, withVault } from "../store.ts";
import type { Terminal } from "../terminal.ts";

const LIMIT = { bytes: 16 << 20 };

export const manifest: Command = {
  name: "manifest",
  summary: "write the signed run manifest of an artifact, as JSON or YAML, or verify one offline",
  positionals: ["export|verify", "ID|PATH"],
  options: {
    out: { type: "string", value: "FILE", help: "where to write it (default: standard output)" },
    format: {
      type: "string",
      value: "json|yaml",
      help: "form of the export (default: by the file's ending, else yaml)",
    },
    trust: {
      type: "string",
      value: "FILE",
      help: "trust file the signing keys must be in (default: this ARQON_HOME's)",
    },
    require: {
      type: "string",
      value: "MODE",
      help: `suites that must have signed: ${Object.keys(CRYPTO_MODES).join(", ")} (default: hybrid)`,
    },
  },
  example: "arqon manifest verify run.yaml --trust trust.json",
  async run(args, terminal) {
    const [verb, target] = args.positionals as [string, string];
    if (verb === "export") return exportManifest(target, args, terminal);
    if (verb === "verify") return verifyManifest(target, args, terminal);
    throw new ArqonError("USAGE", `manifest: "${verb}" is neither export nor verify`);
  },
};

async function exportManifest(target: string, args: Arguments, terminal: Terminal): Promise<number> {
  const files = isBundlePath(target)
    ? await readBundle(target)
    : await withVault(terminal, async (vault) =>
        heldFiles(await vault.contents((await vault.find(target)).recordId)),
      );
  const signed = signedManifestOf(files);
  const out = args.text("out");
  const bytes = encodeSignedManifest(signed, formatOf(args.text("format"), out));
  terminal.answer(signed.manifest as unknown as JsonObject);
  if (out === undefined) for (const line of fromUtf8(bytes).trimEnd().split("\n")) terminal.print(line);
  else {
    await writeFile(out, bytes).catch((cause: Error) => {
      throw new ArqonError("FILE_UNREADABLE", `${out} cannot be written: ${cause.message}`, { cause });
    });
    terminal.print(`${out}: signed manifest of job ${signed.manifest.job_id}`);
    terminal.print(`check it anywhere:  ${terminal.invocation} manifest verify ${out} --trust trust.json`);
  }
  return 0;
}

function formatOf(asked: string | undefined, out: string | undefined): ManifestFormat {
  const format = asked ?? (/\.json$/i.test(out ?? "") ? "json" : "yaml");
  if (format === "json" || format === "yaml") return format;
  throw new ArqonError("USAGE", `--format ${format}: json or yaml`);
}

async function verifyManifest(path: string, args: Arguments, terminal: Terminal): Promise<number> {
  const mode = args.text("require") ?? "hybrid";
  if (!isCryptoMode(mode))
    throw new ArqonError(
      "USAGE",
      `--require "${mode}" is not one of ${Object.keys(CRYPTO_MODES).join(", ")}`,
    );
  const named = args.text("trust");
  const trust =
    named === undefined
      ? await readTrust(terminal.home)
      : parseTrust(await readUserText(named, LIMIT), named);
  const signed = parseSignedManifest(await readUserFile(path, LIMIT), path);
  const report = await verifySignedManifest(signed, { trust, mode });
  const { job_id, backend_id, created_at, artifact_id } = signed.manifest;
  terminal.answer({
    verdict: report.verdict,
    ...(report.code && { code: report.code }),
    job_id,
    artifact_id,
    ...(report.recordId !== undefined && { record_id: report.recordId }),
    checks: report.checks.map((check) => ({ ...check })),
  });
  const sign = { ok: "✓", failed: "✗", "not-checked": "–" } as const;
  for (const { status, name, detail } of report.checks)
    terminal.print(`  ${sign[status]} ${name}: ${detail}`);
  terminal.print();
  terminal.print(
    `${report.verdict}${report.code ? ` [${report.code}]` : ""}  job ${job_id} on ${backend_id}, ${created_at}, ${artifact_id}`,
  );
  return report.verdict === "VERIFIED" ? 0 : 1;
}
