import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromUtf8, type Json, type JsonObject, parseJson } from "../../base/index.ts";
import { type CitationMetadata, parseArtifact, readManifest, readMetadata } from "../index.ts";
import { sealedFixture } from "../testing/sealed.ts";
import { escapeHtml } from "../views/preview.ts";
import { buildCitation } from "./citation.ts";
import { metadataOfDatacite } from "./datacite.ts";
import {
  biblatex,
  bibtex,
  CITATION_FORMATS,
  citationCff,
  citationMarkdown,
  citationOf,
  cslJson,
  dataciteJson,
  escapeTex,
  orcidOf,
  plainCitation,
  rorOf,
} from "./index.ts";

const METADATA: CitationMetadata = {
  creators: [
    {
      name: "Lovelace, Ada",
      orcid: "0000-0002-1825-0097",
      institution: "CERN",
      ror: "https://ror.org/01ggx4157",
    },
    { name: "Bell & Sons {Ltd}" },
  ],
  licence: "CC-BY-4.0",
  publisher: "Example Archive",
  title: "50% of #1_a ~ \\ $x^2$ {b}",
};
const PARENTS = [{ artifactId: `sha256:${"a".repeat(64)}`, role: "replayOf" }];
const cited = async (added: CitationMetadata = METADATA) =>
  citationOf(await sealedFixture({ parents: PARENTS }), added);
const invalid = (message: string) =>
  expect.objectContaining({ code: "JSON_INVALID", message: expect.stringContaining(message) });

describe("a citation", () => {
  test("names authors, title, day, artifact and parents in every format", async () => {
    const citation = await cited();
    const { artifactId } = citation;
    expect(citation.key).toBe(`lovelace_${artifactId.slice(7, 19)}`);
    for (const [name, write] of Object.entries(CITATION_FORMATS)) {
      const text = write(citation);
      for (const wanted of ["Ada", "Lovelace", "2026", artifactId, PARENTS[0]?.artifactId as string])
        expect(text, name).toContain(wanted);
    }
    expect(biblatex(citation)).toContain("  date = {2026-01-02},\n  publisher = {Example Archive},");
    expect(bibtex(citation)).toContain("year = {2026}");
    expect(bibtex(citation)).toContain("month = jan\n}");
    expect(plainCitation(citation)).toBe(
      `Ada Lovelace, Bell & Sons {Ltd} (2026): ${METADATA.title} [data set]. Example Archive. Artifact ${artifactId}`,
    );
  });

  test("invents nothing: without metadata there is no author, licence, publisher, DOI or URL", async () => {
    const citation = await cited({});
    expect(citation).toMatchObject({ authors: [], title: "bell.qasm on sim-statevector" });
    expect(biblatex(citation)).not.toMatch(/author|publisher|doi|url/);
    const [csl] = parseJson(fromUtf8(cslJson(citation)), "csl") as readonly JsonObject[];
    expect(Object.keys(csl as JsonObject).sort()).toEqual(["id", "issued", "note", "title", "type"]);
    const datacite = parseJson(fromUtf8(dataciteJson(citation)), "datacite") as JsonObject;
    expect(datacite).toMatchObject({ creators: [{ name: "(:unkn)" }], publisher: { name: "(:tba)" } });
    expect(datacite).not.toHaveProperty("doi");
    expect(datacite).not.toHaveProperty("rightsList");
    expect(citationCff(citation)).toContain("  - name: unknown\n");
    expect(citationCff(citation)).not.toContain("license");
    expect(citationMarkdown(citation)).toContain("licence: not stated");
  });

  test("finds again in a bundle what its sealer knew, and lets the reader add to it", async () => {
    const sealed = await sealedFixture({}, { title: "x", citation: METADATA });
    expect(citationOf(sealed)).toMatchObject({
      title: METADATA.title,
      publisher: "Example Archive",
      licence: { spdx: "CC-BY-4.0" },
      authors: METADATA.creators,
    });
    expect(citationOf(sealed, { doi: "10.5281/zenodo.1" })).toMatchObject({
      doi: "10.5281/zenodo.1",
      publisher: "Example Archive",
    });
    const other = { ...METADATA, licence: "https://example.org/licence" };
    expect(citationOf(await sealedFixture({}, { citation: other })).licence?.url).toBe(other.licence);
  });

  test("keeps the ROR of its publisher when it is cited from a bundle", async () => {
    const publisherUrl = "https://ror.org/01ggx4157";
    const document = parseJson(fromUtf8(dataciteJson(await cited({ ...METADATA, publisherUrl }))), "x");
    expect(metadataOfDatacite(document, "x")).toMatchObject({ publisher: "Example Archive", publisherUrl });
  });

  test("has one line of printable title, whatever a file was called", async () => {
    const files = await sealedFixture();
    const artifact = parseArtifact(files.get("artifact.json") as Uint8Array);
    const title = (name: string) => buildCitation(name, artifact, readManifest(files)).title;
    expect(title("a\n# b\u202e.qasm")).toBe("a # b .qasm");
    expect(title("\u0007")).toBe("untitled");
  });

  test("relates parents as DataCite does", async () => {
    const datacite = parseJson(fromUtf8(dataciteJson(await cited())), "datacite") as JsonObject;
    expect(datacite["relatedIdentifiers"]).toEqual([
      {
        relatedIdentifier: `urn:arqon:artifact:${PARENTS[0]?.artifactId}`,
        relatedIdentifierType: "URN",
        relationType: "IsVariantFormOf",
      },
    ]);
  });

  test("stays well-formed whatever a title or name holds", async () => {
    const bundle = await sealedFixture();
    const text = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
      .filter((value) => value.trim() !== "" && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(value));
    fc.assert(
      fc.property(text, text, (title, name) => {
        const citation = citationOf(bundle, readMetadata({ title, creators: [{ name }] }, "x"));
        for (const entry of [biblatex(citation), bibtex(citation)]) {
          expect(entry).toMatch(/^@(dataset|misc)\{[a-z0-9]+_[0-9a-f]{12},\n[\s\S]*\n\}\n$/);
          let depth = 0;
          for (const c of entry) {
            depth += c === "{" ? 1 : c === "}" ? -1 : 0;
            expect(depth).toBeGreaterThanOrEqual(0);
          }
          expect(depth).toBe(0);
        }
        expect(citationMarkdown(citation).split("\n```")[0]).not.toMatch(/<(?!https:)/);
        expect(escapeHtml(title)).not.toMatch(/[<>"']/);
      }),
      { numRuns: 200 },
    );
  });

  test("escapes what TeX would take for a command", () => {
    expect(escapeTex("&%$#_~^\\")).toBe(
      "\\&\\%\\$\\#\\_\\textasciitilde{}\\textasciicircum{}\\textbackslash{}",
    );
    expect(escapeTex("{a}")).toBe("\\{a\\}");
    expect(escapeTex("}a{")).toBe("\\textbraceright{}a\\textbraceleft{}");
  });
});

describe("metadata", () => {
  const read = (value: Json) => () => readMetadata(value, "profile.json");

  test("with a mistyped ORCID or ROR are refused by their check digits", () => {
    expect(orcidOf("https://orcid.org/0000-0002-1694-233X", "o")).toBe("0000-0002-1694-233X");
    expect(rorOf("01ggx4157", "r")).toBe("https://ror.org/01ggx4157");
    expect(rorOf("https://ror.org/05dxps055", "r")).toBe("https://ror.org/05dxps055");
    expect(() => orcidOf("0000-0002-1825-0079", "o")).toThrow(invalid("mistyped"));
    expect(() => orcidOf("1825-0097", "o")).toThrow(invalid("not of the form"));
    expect(() => rorOf("https://ror.org/01ggx4175", "r")).toThrow(invalid("mistyped"));
    expect(() => rorOf("https://example.org/01ggx4157", "r")).toThrow(invalid("not of the form"));
  });

  test("with unknown keys, empty or invisible texts, bad licences, DOIs or URLs are refused by name", () => {
    expect(read({ author: "x" })).toThrow(invalid('unknown key "author"'));
    expect(read({ creators: [{ name: "x", email: "y" }] })).toThrow(
      invalid('creators[0]: unknown key "email"'),
    );
    expect(read({ creators: [{}] })).toThrow(invalid("creators[0] has no name"));
    expect(read({ creators: [{ name: "x", ror: "01ggx4157" }] })).toThrow(invalid("needs the name"));
    expect(read({ creators: "x" })).toThrow(invalid("creators must be a list"));
    expect(read({ title: "  " })).toThrow(invalid("title must be a text"));
    expect(read({ title: "a\u202eb" })).toThrow(invalid("printable"));
    expect(read({ licence: "Proprietary" })).toThrow(invalid("give another by its URL"));
    expect(read({ licence: "toString" })).toThrow(invalid("is none of"));
    expect(read({ doi: "zenodo.1" })).toThrow(invalid("not of the form 10.1234/abc"));
    expect(read({ url: "javascript:alert(1)" })).toThrow(invalid("not an http or https URL"));
    expect(read({ publisherUrl: "https://x.org" })).toThrow(invalid("needs the name of its publisher"));
    expect(read([])).toThrow(expect.objectContaining({ code: "JSON_INVALID" }));
  });
});

test("the page of a bundle has no script and shows markup as text", async () => {
  const files = await sealedFixture({}, { title: '<script>alert("1")</script>', citation: {} });
  const html = fromUtf8(files.get("ro-crate-preview.html") as Uint8Array);
  expect(html).not.toContain("<script");
  expect(html).toContain("&#60;script&#62;alert(&#34;1&#34;)");
  expect(html).toContain("default-src 'none'");
  expect(html).not.toMatch(/\son[a-z]+=|src=|@import|url\(/);
});
