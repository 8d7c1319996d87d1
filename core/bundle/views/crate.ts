/** The view `ro-crate-metadata.json`: RO-Crate with Process Run Crate, 1.1 with 0.5 or 1.3 with 0.6. */
import { canonicalJson, type JsonObject } from "../../base/index.ts";
import type { ArtifactDocument } from "../artifact.ts";
import type { Citation } from "../cite/index.ts";
import { type BundleListing, digestOf, type FileFacts, sizeOf } from "../contents.ts";
import type { RunManifest } from "../manifest.ts";
import { comparePaths, pathUrl } from "../path.ts";
import type { RunTimes } from "../times.ts";
import { CRATE_EDITIONS, type CrateEdition } from "./edition.ts";
import { peopleOf } from "./people.ts";

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

/** What the crate says of a path, as it is written: size and digest go between the parts. */
interface PathText {
  readonly ref: string;
  readonly beforeSize: string;
  readonly beforeDigest: string;
}

/** Paths are the same from run to run: what is written of one is made once. */
const pathTexts = new Map<string, PathText>();
const MOST_PATHS = 1024;

function pathText(path: string): PathText {
  let text = pathTexts.get(path);
  if (!text) {
    const id = canonicalJson(pathUrl(path));
    const kind = path === PREVIEW ? '"CreativeWork","about":{"@id":"./"}' : '"File"';
    const media = MEDIA.find(([suffix]) => path.endsWith(suffix))?.[1] ?? "application/octet-stream";
    const description = PURPOSES.find(([prefix]) => path.startsWith(prefix))?.[1] ?? "The bundle as a page.";
    const rest = canonicalJson({ description, encodingFormat: media, name: path });
    text = {
      ref: `{"@id":${id}}`,
      beforeSize: `{"@id":${id},"@type":${kind},`,
      beforeDigest: rest.slice(1, -1),
    };
    if (pathTexts.size >= MOST_PATHS) pathTexts.clear();
    pathTexts.set(path, text);
  }
  return text;
}

function fileNode(path: string, file: Uint8Array | FileFacts | undefined): string {
  const { beforeSize, beforeDigest } = pathText(path);
  return file
    ? `${beforeSize}"contentSize":"${sizeOf(file)}",${beforeDigest},"sha256":"${digestOf(file)}"}`
    : `${beforeSize}${beforeDigest}}`;
}

/** An object with lists of paths in it, `[key, paths]`, at the place of their keys. */
function withPaths(
  object: JsonObject,
  lists: readonly (readonly [key: string, paths: readonly string[]])[],
): string {
  const fields = Object.entries(object).map(([key, value]) => [key, canonicalJson(value)] as const);
  for (const [key, paths] of lists) {
    const refs = paths.map((path) => pathText(path).ref);
    fields.push([key, refs.length === 1 ? (refs[0] as string) : `[${refs.join()}]`]);
  }
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, text]) => `"${key}":${text}`).join()}}`;
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
): string {
  const { crate, context, process, processVersion, profileType } = CRATE_EDITIONS[edition];
  const paths = [...files.keys(), ...later].sort(comparePaths);
  const within = (section: string): string[] => paths.filter((path) => path.startsWith(section));
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
    ...(times.started !== undefined && { startTime: offsetTime(times.started) }),
    ...(times.ended !== undefined && { endTime: offsetTime(times.ended) }),
    ...(status !== undefined && { actionStatus: `http://schema.org/${status}ActionStatus` }),
  };
  const root: JsonObject = {
    "@id": "./",
    "@type": "Dataset",
    name: citation.title,
    description: citation.note || "A signed, replayable record of one run.",
    // A tag has no comma, so that this is a list.
    ...(citation.tags.length > 0 && { keywords: citation.tags.join(", ") }),
    datePublished: offsetTime(manifest.created_at),
    ...people.root,
    identifier: ref("#artifact-id"),
    conformsTo: ref(process),
    mentions: ref("#run"),
  };
  const graph = [
    canonicalJson({
      "@id": "ro-crate-metadata.json",
      "@type": "CreativeWork",
      about: ref("./"),
      conformsTo: ref(crate),
    }),
    withPaths(root, [["hasPart", paths.filter((path) => path !== PREVIEW)]]),
    canonicalJson({
      "@id": process,
      "@type": profileType,
      name: "Process Run Crate",
      version: processVersion,
    }),
    canonicalJson({
      "@id": "#artifact-id",
      "@type": "PropertyValue",
      name: "Artifact identifier",
      propertyID: "urn:arqon:artifact-id",
      value: manifest.artifact_id,
    }),
    ...(people.authors === undefined
      ? [canonicalJson({ "@id": "#tenant", "@type": "Organization", name: manifest.tenant || "unnamed" })]
      : []),
    ...people.nodes.map(canonicalJson),
    withPaths(run, [
      ["object", [...within("recipe/"), ...within("conditions/")]],
      ["result", [...within("results/"), ...within("record/")]],
    ]),
    canonicalJson({
      "@id": engineId,
      "@type": "SoftwareApplication",
      name: engine.name,
      ...(citation.softwareUrl !== undefined && { url: citation.softwareUrl }),
      version: engine.semantics_version,
    }),
    ...paths.map((path) => fileNode(path, files.get(path))),
  ];
  const contexts = canonicalJson([context, "https://w3id.org/ro/terms/workflow-run/context"]);
  return `{"@context":${contexts},"@graph":[${graph.join()}]}\n`;
}
