/** Artifacts of the vault, as operators take them: verified anew. */
import { ArqonError } from "@arqon/core/base";
import { type BundleFiles, problemsOf, verifyBundle } from "@arqon/core/bundle";
import type { RunRow } from "@arqon/vault";
import type { DoorParts } from "./through-door.ts";

/** An artifact, and what the vault knows of it. */
export interface Loaded {
  readonly row: RunRow;
  readonly files: BundleFiles;
}

/**
 * An artifact of the vault that `tenant` may see, verified anew: a key may have been removed since it came in.
 * @throws ArqonError `ARTIFACT_UNKNOWN`; the code of what is wrong, `KEY_UNKNOWN` where a removed key signed it.
 */
export async function loadVerified(
  artifact: string,
  { vault, trust }: DoorParts,
  tenant?: string,
): Promise<Loaded> {
  const row = await vault.find(artifact, tenant);
  const files = await vault.bundle(row.recordId);
  const report = await verifyBundle(files, {
    require: trust.require,
    verifier: trust.verifier,
    refused: await vault.refusedKeys(),
  });
  if (report.verdict !== "VERIFIED")
    throw new ArqonError(
      report.code ?? "BUNDLE_TAMPERED",
      `${row.artifactId} does not verify: ${problemsOf(report).slice(0, 3).join("; ")}`,
    );
  return { row, files };
}
