/** `datacite.json`: what a repository needs to register a DOI, in DataCite's JSON form of kernel 4. Ready but for the DOI. */
import { canonicalJsonFile, type Json, type JsonObject, jsonObject } from "../../base/index.ts";
import type { Author, Citation } from "./citation.ts";
import { type CitationMetadata, type Creator, readMetadata } from "./metadata.ts";

export const DATACITE_PATH = "datacite.json";

const ROR = "https://ror.org";
const ORCID = "https://orcid.org";
// DataCite's own codes for what is not known, and for what the one who publishes will say.
const UNKNOWN = "(:unkn)";
const LATER = "(:tba)";
/** How parents are related; other roles are references. */
const RELATIONS: Readonly<Record<string, string>> = {
  replayOf: "IsVariantFormOf",
  derivedFrom: "IsDerivedFrom",
  validates: "Reviews",
};

/** The file's bytes. */
export function dataciteJson(citation: Citation): Uint8Array {
  const { authors, licence, parents, doi, url, createdAt, artifactType, artifactId, recipeId, tags, note } =
    citation;
  return canonicalJsonFile({
    schemaVersion: "http://datacite.org/schema/kernel-4",
    ...(doi !== undefined && { doi }),
    ...(url !== undefined && { url }),
    types: { resourceType: `Arqon ${artifactType} artifact`, resourceTypeGeneral: "Dataset" },
    creators: authors.length > 0 ? authors.map(creator) : [{ name: UNKNOWN }],
    titles: [{ title: citation.title }],
    publisher: {
      name: citation.publisher ?? LATER,
      ...(citation.publisherUrl?.startsWith(ROR) && {
        publisherIdentifier: citation.publisherUrl,
        publisherIdentifierScheme: "ROR",
        schemeUri: ROR,
      }),
    },
    publicationYear: createdAt.slice(0, 4),
    dates: [{ date: createdAt, dateType: "Created" }],
    alternateIdentifiers: [
      { alternateIdentifier: artifactId, alternateIdentifierType: "Arqon artifact id" },
      { alternateIdentifier: recipeId, alternateIdentifierType: "Arqon recipe id" },
    ],
    ...(parents.length > 0 && {
      relatedIdentifiers: parents.map((parent) => ({
        relatedIdentifier: `urn:arqon:artifact:${parent.artifactId}`,
        relatedIdentifierType: "URN",
        relationType: RELATIONS[parent.role] ?? "References",
      })),
    }),
    ...(licence && {
      rightsList: [
        {
          rights: licence.name,
          rightsUri: licence.url,
          ...(licence.spdx !== undefined && {
            rightsIdentifier: licence.spdx,
            rightsIdentifierScheme: "SPDX",
            schemeUri: "https://spdx.org/licenses/",
          }),
        },
      ],
    }),
    ...(tags.length > 0 && { subjects: tags.map((subject) => ({ subject })) }),
    descriptions: [
      ...(note !== "" ? [{ description: note, descriptionType: "Abstract" }] : []),
      {
        description: `Backend ${citation.backendId}, engine ${citation.engine}.`,
        descriptionType: "TechnicalInfo",
      },
    ],
  });
}

function creator(author: Author): JsonObject {
  const { name, family, given, orcid, institution, ror } = author;
  const person = family !== undefined || orcid !== undefined;
  return {
    name,
    ...(person && { nameType: "Personal" }),
    ...(family !== undefined && { familyName: family, givenName: given ?? "" }),
    ...(orcid !== undefined && {
      nameIdentifiers: [
        { nameIdentifier: `${ORCID}/${orcid}`, nameIdentifierScheme: "ORCID", schemeUri: ORCID },
      ],
    }),
    ...(institution !== undefined && {
      affiliation: [
        {
          name: institution,
          ...(ror !== undefined && {
            affiliationIdentifier: ror,
            affiliationIdentifierScheme: "ROR",
            schemeUri: ROR,
          }),
        },
      ],
    }),
  };
}

/** The metadata that a `datacite.json` of this room holds. @throws ArqonError `JSON_INVALID` for any other document. */
export function metadataOfDatacite(document: Json, what: string): CitationMetadata {
  const object = jsonObject(document, what);
  const first = (key: string): JsonObject => {
    const list = object[key];
    return Array.isArray(list) && list.length > 0 ? jsonObject(list[0], `${what}: ${key}`) : {};
  };
  const creators = (Array.isArray(object["creators"]) ? (object["creators"] as readonly Json[]) : [])
    .map((item) => jsonObject(item, `${what}: creators`))
    .filter((item) => item["name"] !== UNKNOWN)
    .map((item) => creatorFrom(item, what));
  const { name: publisher, publisherIdentifier } = jsonObject(
    object["publisher"] ?? {},
    `${what}: publisher`,
  );
  const rights = first("rightsList");
  const found: Record<string, Json | undefined> = {
    title: first("titles")["title"],
    publisher: publisher === LATER ? undefined : publisher,
    publisherUrl: publisherIdentifier,
    licence: rights["rightsIdentifier"] ?? rights["rightsUri"],
    doi: object["doi"],
    url: object["url"],
    creators: creators.length > 0 ? (creators as unknown as Json) : undefined,
  };
  return readMetadata(
    Object.fromEntries(Object.entries(found).filter((pair): pair is [string, Json] => pair[1] !== undefined)),
    what,
  );
}

function creatorFrom(item: JsonObject, what: string): Creator {
  const first = (key: string): JsonObject => {
    const list = item[key];
    return Array.isArray(list) && list.length > 0 ? jsonObject(list[0], `${what}: ${key}`) : {};
  };
  const text = (value: Json | undefined): string | undefined =>
    typeof value === "string" ? value : undefined;
  const orcid = text(first("nameIdentifiers")["nameIdentifier"]);
  const institution = text(first("affiliation")["name"]);
  const ror = text(first("affiliation")["affiliationIdentifier"]);
  return {
    name: text(item["name"]) ?? "",
    ...(orcid !== undefined && { orcid }),
    ...(institution !== undefined && { institution }),
    ...(ror !== undefined && { ror }),
  };
}
