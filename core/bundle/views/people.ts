/** Who made an artifact and under which licence, as nodes of the crate's graph. */
import type { Json, JsonObject } from "../../base/index.ts";
import { type Citation, fullName } from "../cite/index.ts";

/** Nodes, and what the root data set says of them. */
export interface People {
  /** Properties of the root: author, license, publisher, as far as they are known. */
  readonly root: JsonObject;
  /** Who made it; absent when nobody said. */
  readonly authors?: Json;
  readonly nodes: readonly JsonObject[];
}

const ref = (id: string): JsonObject => ({ "@id": id });

/** The crate's form of a property: a single value stands alone. */
export const one = (values: readonly Json[]): Json =>
  values.length === 1 ? (values[0] as Json) : (values as unknown as Json);

/** Persons and organisations by ORCID and ROR where they have one; nothing that was not given. */
export function peopleOf({ authors, licence, publisher, publisherUrl }: Citation): People {
  const nodes = new Map<string, JsonObject>();
  const organisation = (name: string, url: string | undefined): JsonObject => {
    const id = url ?? `#organisation-${encodeURIComponent(name)}`;
    nodes.set(id, { "@id": id, "@type": "Organization", name, ...(url !== undefined && { url }) });
    return ref(id);
  };
  const creators = authors.map((author, i) => {
    const { orcid, family, given, institution, ror } = author;
    if (family === undefined && orcid === undefined) return organisation(author.name, ror);
    const id = orcid === undefined ? `#creator-${i + 1}` : `https://orcid.org/${orcid}`;
    nodes.set(id, {
      "@id": id,
      "@type": "Person",
      name: fullName(author),
      ...(family !== undefined && { familyName: family, givenName: given ?? "" }),
      ...(institution !== undefined && { affiliation: organisation(institution, ror) }),
    });
    return ref(id);
  });
  if (licence)
    nodes.set(licence.url, {
      "@id": licence.url,
      "@type": "CreativeWork",
      name: licence.name,
      ...(licence.spdx !== undefined && { identifier: licence.spdx }),
      description: `The licence of this data set: ${licence.name}.`,
    });
  const author = creators.length > 0 ? { author: one(creators) } : {};
  return {
    ...(creators.length > 0 && { authors: one(creators) }),
    root: {
      ...author,
      // The format wants a licence or a text about it.
      license: licence ? ref(licence.url) : "No licence was stated.",
      ...(publisher !== undefined && { publisher: organisation(publisher, publisherUrl) }),
    },
    nodes: [...nodes.values()],
  };
}
