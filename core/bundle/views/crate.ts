/** The view `ro-crate-metadata.json`: RO-Crate with Process Run Crate, 1.1 with 0.5 or 1.3 with 0.6. */
import { canonicalJsonFile, type Json, type JsonObject } from "../../base/index.ts";
import type { ArtifactDocument } from "../artifact.ts";
import type { Citation } from "../cite/index.ts";
import { type BundleListing, digestOf, type FileFacts, sizeOf } from "../contents.ts";
import type { RunManifest } from "../manifest.ts";
import { comparePaths, pathUrl } from "../path.ts";
import type { RunTimes } from "../times.ts";
import { CRATE_EDITIONS, type CrateEdition } from "./edition.ts";
import { one, peopleOf } from "./people.ts";

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

/** What a file is for, by its path or folder. */
const PURPOSES: readonly (readonly [prefix: string, purpose: string])[] = [
  ["recipe/", "Part of what was asked: enters the recipe id."],
  ["conditions/", "What it ran on and under: enters the artifact id."],
  ["results/", "What came out: its meaning enters the artifact id."],
  ["record/", "When, where and how it ran: signed, in no id."],
  ["provenance/", "What it came from: parents, with what proves them."],
  ["attestations/", "The signed statement about the files, and the keys that signed it."],
  ["ledger/", "Proof that the statement is in the run ledger."],
  [
    "artifact.json",
    "Lists recipe, conditions, results and record with their digests; the ids follow from it.",
  ],
  ["CITATION", "How to cite the artifact."],
  ["citation", "How to cite the artifact, for bibliographies."],
  ["datacite", "What a repository needs to register a DOI."],
  ["VERIFY", "How to check the bundle without Arqon."],
];
const PREVIEW = "ro-crate-preview.html";

const ref = (id: string): JsonObject => ({ "@id": id });

/** The profile's form of a UTC time: whole seconds and a numeric offset. */
const offsetTime = (time: string): string => `${time.slice(0, 19)}+00:00`;

function fileNode(path: string, file: Uint8Array | FileFacts | undefined): JsonObject {
  const media = MEDIA.find(([suffix]) => path.endsWith(suffix))?.[1] ?? "application/octet-stream";
  return {
    // In their canonical order, so that nothing is sorted when they are written.
    "@id": pathUrl(path),
    ...(path === PREVIEW ? { "@type": "CreativeWork", about: ref("./") } : { "@type": "File" }),
    ...(file && { contentSize: String(sizeOf(file)) }),
    description: PURPOSES.find(([prefix]) => path.startsWith(prefix))?.[1] ?? "The bundle as a page.",
    encodingFormat: media,
    name: path,
    ...(file && { sha256: digestOf(file) }),
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
  files: BundleListing,
  later: readonly string[],
  edition: CrateEdition,
): Uint8Array {
  const { crate, context, process, processVersion, profileType } = CRATE_EDITIONS[edition];
  const paths = [...files.keys(), ...later].sort(comparePaths);
  const within = (section: string): Json[] =>
    paths.filter((path) => path.startsWith(`${section}/`)).map((path) => ref(pathUrl(path)));
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
    "@context": [context, "https://w3id.org/ro/terms/workflow-run/context"],
    "@graph": [
      {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        about: ref("./"),
        conformsTo: ref(crate),
      },
      {
        "@id": "./",
        "@type": "Dataset",
        name: citation.title,
        description: "A signed, replayable record of one run.",
        datePublished: offsetTime(manifest.created_at),
        ...people.root,
        identifier: ref("#artifact-id"),
        conformsTo: ref(process),
        hasPart: paths.filter((path) => path !== PREVIEW).map((path) => ref(pathUrl(path))),
        mentions: ref("#run"),
      },
      { "@id": process, "@type": profileType, name: "Process Run Crate", version: processVersion },
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
