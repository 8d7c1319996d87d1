/** Citations of an artifact: one reading, five ways of saying it. */
import { fromUtf8 } from "../../base/index.ts";
import { biblatex, bibtex } from "./bibtex.ts";
import { citationCff } from "./cff.ts";
import type { Citation } from "./citation.ts";
import { cslJson } from "./csl.ts";
import { dataciteJson } from "./datacite.ts";
import { citationMarkdown } from "./markdown.ts";

export { biblatex, bibtex, escapeTex } from "./bibtex.ts";
export { citationCff } from "./cff.ts";
export { type Author, buildCitation, type Citation, fullName } from "./citation.ts";
export { cslJson } from "./csl.ts";
export { DATACITE_PATH, dataciteJson } from "./datacite.ts";
export { LICENCES, type Licence, licenceOf } from "./licence.ts";
export { citationMarkdown, escapeMarkdown, plainCitation } from "./markdown.ts";
export { type CitationMetadata, type Creator, readMetadata } from "./metadata.ts";
export { citationOf, metadataOf } from "./read.ts";
export { orcidOf, rorOf } from "./registries.ts";

/** Every format, by the name users give it. */
export const CITATION_FORMATS: Readonly<Record<string, (citation: Citation) => string>> = {
  biblatex,
  bibtex,
  csl: (citation) => fromUtf8(cslJson(citation)),
  datacite: (citation) => fromUtf8(dataciteJson(citation)),
  cff: citationCff,
  markdown: citationMarkdown,
};
