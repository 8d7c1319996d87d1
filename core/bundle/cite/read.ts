/** The citation of a bundle, from its files and what people add. */
import { ArqonError, fromUtf8, type Json, jsonObject, parseJson } from "../../base/index.ts";
import { parseArtifact } from "../artifact.ts";
import type { BundleFiles } from "../draft.ts";
import { labelsIn } from "../labels.ts";
import { readManifest } from "../manifest.ts";
import { buildCitation, type Citation } from "./citation.ts";
import { DATACITE_PATH, metadataOfDatacite } from "./datacite.ts";
import { type CitationMetadata, readMetadata } from "./metadata.ts";

/** What the views of a bundle say of creators, licence and title. They are signed, not checked: verify first. */
export function metadataOf(files: BundleFiles): CitationMetadata {
  const datacite = files.get(DATACITE_PATH);
  if (datacite) return metadataOfDatacite(parseJson(fromUtf8(datacite), DATACITE_PATH), DATACITE_PATH);
  const title = crateTitle(files);
  return title === undefined ? {} : readMetadata({ title }, "ro-crate-metadata.json");
}

/**
 * @param added  goes before what the bundle says, field by field.
 * @throws ArqonError `BUNDLE_MALFORMED`, `JSON_INVALID` when it cannot be read.
 */
export function citationOf(files: BundleFiles, added: CitationMetadata = {}): Citation {
  const bytes = files.get("artifact.json");
  if (!bytes) throw new ArqonError("BUNDLE_MALFORMED", "the bundle has no artifact.json");
  const manifest = readManifest(files);
  const metadata = { ...metadataOf(files), ...added };
  return buildCitation(`Job ${manifest.job_id}`, parseArtifact(bytes), manifest, metadata, labelsIn(files));
}

function crateTitle(files: BundleFiles): string | undefined {
  const path = "ro-crate-metadata.json";
  const bytes = files.get(path);
  const graph = bytes && jsonObject(parseJson(fromUtf8(bytes), path), path)["@graph"];
  const root = ((Array.isArray(graph) ? graph : []) as readonly Json[])
    .map((node) => jsonObject(node, path))
    .find((node) => node["@id"] === "./");
  return typeof root?.["name"] === "string" ? root["name"] : undefined;
}
