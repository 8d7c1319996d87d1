/** Who made an artifact and under which licence, as nodes of the crate's graph. */
import type { JsonObject } from "../../base/index.ts";
import { type Citation, fullName } from "../cite/index.ts";

/** Nodes, and what the root data set says of them. */
export interface People {
  /** Properties of the root: author, license, publisher, as far as they are known. */
  readonly root: JsonObject;
  readonly nodes: readonly JsonObject[];
}

const ref = (id: string): JsonObject => ({ "@id": id });

/** Persons and organisations by ORCID and ROR where they have one; nothing that was not given. */
export function peopleOf({ authors, licence, publisher }: Citation): People {
  const nodes = new Map<string, JsonObject>();
  const organisation = (name: string, ror: string | undefined): JsonObject => {
    const id = ror ?? `#organisation-${encodeURIComponent(name)}`;
    nodes.set(id, { "@id": id, "@type": "Organization", name, ...(ror !== undefined && { url: ror }) });
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
  return {
    root: {
      ...(creators.length > 0 && { author: creators }),
      ...(licence && { license: ref(licence.url) }),
      ...(publisher !== undefined && { publisher: organisation(publisher, undefined) }),
    },
    nodes: [...nodes.values()],
  };
}
