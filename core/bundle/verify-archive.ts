/** Verification of a bundle that comes as an archive. */
import { ArqonError } from "../base/index.ts";
import { fromContainer } from "./containers/index.ts";
import type { BundleFiles } from "./draft.ts";
import { Findings, type VerifyReport } from "./report.ts";
import { type VerifyOptions, verifyBundle } from "./verify.ts";
import { readZip, ZIP_LIMITS, type ZipLimits } from "./zip-read.ts";
import { salvageZip } from "./zip-salvage.ts";

/** How to verify an archive. */
export interface ArchiveOptions extends VerifyOptions {
  readonly limits?: ZipLimits;
}

/**
 * Verifies a ZIP archive, of a bundle or of a folder with one. One that is not canonical has FAILED, whatever is in it; where its files can be read safely all
 * the same, the report also says which of them were changed, added or removed. It never throws on a bad archive.
 */
export async function verifyArchive(
  archive: Uint8Array,
  options: ArchiveOptions = {},
): Promise<VerifyReport> {
  const limits = options.limits ?? ZIP_LIMITS;
  const found = new Findings();
  let files: BundleFiles;
  try {
    files = fromContainer(readZip(archive, limits));
  } catch (thrown) {
    if (!(thrown instanceof ArqonError)) throw thrown;
    found.fail("archive", thrown.message, undefined, thrown.code);
    const salvaged = salvageZip(archive, limits);
    const inside = salvaged && (await verifyBundle(salvaged, options));
    const problems = inside?.checks.filter(({ status }) => status === "failed") ?? [];
    return {
      verdict: "FAILED",
      trusted: false,
      code: thrown.code,
      checks: [...found.checks, ...problems],
    };
  }
  found.ok("archive", `${archive.length} bytes, canonical`);
  const report = await verifyBundle(files, options);
  return { ...report, checks: [...found.checks, ...report.checks] };
}
