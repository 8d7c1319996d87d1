/** The view `ro-crate-metadata.json`: RO-Crate 1.1 with Process Run Crate 0.5. */
import { canonicalJsonFile, type Json, type JsonObject, sha256Hex } from "../../base/index.ts";
import type { ArtifactDocument } from "../artifact.ts";
import type { Citation } from "../cite/index.ts";
import type { BundleFiles } from "../draft.ts";
import type { RunManifest } from "../manifest.ts";
import { comparePaths } from "../path.ts";
import type { RunTimes } from "../times.ts";
import { one, peopleOf } from "./people.ts";

const PROFILE = "https://w3id.org/ro/wfrun/process/0.5";

const MEDIA: readonly (readonly [suffix: string, type: string])[] = [
  [".dsse.json", "application/vnd.in-toto+json"],
  [".jsonl", "application/x-ndjson"],
  [".json", "application/json"],
  [".qasm", "text/x-openqasm"],
  [".md", "text/markdown"],
  [".cff", "application/yaml"],
  [".bib", "application/x-bibtex"],
  [".html", "text/html"],
  [".pem", "application/x-pem-file"],
  [".parquet", "application/vnd.apache.parquet"],
];

const ref = (id: string): JsonObject => ({ "@id": id });
const idOf = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

/** The profile's form of a UTC time: whole seconds and a numeric offset. */
const offsetTime = (time: string): string => `${time.slice(0, 19)}+00:00`;

function fileNode(path: string, bytes: Uint8Array | undefined): JsonObject {
  const media = MEDIA.find(([suffix]) => path.endsWith(suffix))?.[1] ?? "application/octet-stream";
  return {
    "@id": idOf(path),
    "@type": "File",
    name: path,
    encodingFormat: media,
    ...(bytes && { contentSize: String(bytes.length), sha256: sha256Hex(bytes) }),
  };
}

/**
 * @param files  what is in the bundle so far.
 * @param later  paths of files that are made after signing; they are named without digest.
 */
export function crateFile(
  citation: Citation,
  artifact: ArtifactDocument,
  manifest: RunManifest,
  times: RunTimes,
  files: BundleFiles,
  later: readonly string[],
): Uint8Array {
  const paths = [...files.keys(), ...later].sort(comparePaths);
  const within = (section: string): Json[] =>
    paths.filter((path) => path.startsWith(`${section}/`)).map((path) => ref(idOf(path)));
  const engine = artifact.recipe.engine;
  const people = peopleOf(citation);
  const engineId = citation.softwareUrl ?? `urn:arqon:engine:${encodeURIComponent(engine.name)}`;
  const status = times.status && (times.status === "completed" ? "Completed" : "Failed");
  const run: JsonObject = {
    "@id": "#run",
    "@type": "CreateAction",
    name: citation.title,
    description: `Job ${manifest.job_id} on backend ${manifest.backend_id}`,
    instrument: ref(engineId),
    agent: people.authors ?? ref("#tenant"),
    object: one([...within("recipe"), ...within("conditions")]),
    result: one([...within("results"), ...within("record")]),
    ...(times.started !== undefined && { startTime: offsetTime(times.started) }),
    ...(times.ended !== undefined && { endTime: offsetTime(times.ended) }),
    ...(status !== undefined && { actionStatus: `http://schema.org/${status}ActionStatus` }),
  };
  return canonicalJsonFile({
    "@context": ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"],
    "@graph": [
      {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        about: ref("./"),
        conformsTo: ref("https://w3id.org/ro/crate/1.1"),
      },
      {
        "@id": "./",
        "@type": "Dataset",
        name: citation.title,
        description: "A signed, replayable record of one run.",
        datePublished: offsetTime(manifest.created_at),
        ...people.root,
        identifier: ref("#artifact-id"),
        conformsTo: ref(PROFILE),
        hasPart: paths.map((path) => ref(idOf(path))),
        mentions: ref("#run"),
      },
      { "@id": PROFILE, "@type": "CreativeWork", name: "Process Run Crate", version: "0.5" },
      {
        "@id": "#artifact-id",
        "@type": "PropertyValue",
        name: "Artifact identifier",
        propertyID: "urn:arqon:artifact-id",
        value: manifest.artifact_id,
      },
      ...(people.authors === undefined
        ? [{ "@id": "#tenant", "@type": "Organization", name: manifest.tenant || "unnamed" }]
        : []),
      ...people.nodes,
      run,
      {
        "@id": engineId,
        "@type": "SoftwareApplication",
        name: engine.name,
        ...(citation.softwareUrl !== undefined && { url: citation.softwareUrl }),
        version: engine.semantics_version,
      },
      ...paths.map((path) => fileNode(path, files.get(path))),
    ],
  });
}
