/** The view `CITATION.cff`: how to cite a bundle, from what is known and nothing else. */
import type { RunManifest } from "../manifest.ts";

/** JSON texts are YAML texts too, once what YAML does not print is escaped. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** @param title  for people, e.g. "bell.qasm on sim-statevector". */
export function citationFile(title: string, manifest: RunManifest): string {
  return `cff-version: 1.2.0
message: If you use this artifact, please cite it as below.
type: dataset
title: ${quoted(title)}
authors:
  - name: ${quoted(manifest.tenant || "unnamed")}
identifiers:
  - type: other
    value: ${quoted(manifest.artifact_id)}
    description: Content identifier of the artifact
  - type: other
    value: ${quoted(manifest.recipe_id)}
    description: Content identifier of the recipe
date-released: ${quoted(manifest.created_at.slice(0, 10))}
`;
}
