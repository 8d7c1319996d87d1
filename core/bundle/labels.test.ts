import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ArqonError,
  canonicalJsonFile,
  fromUtf8,
  type Json,
  type JsonObject,
  type Labels,
  labelsJson,
  labelsOf,
  parseJson,
} from "../base/index.ts";
import {
  type BundleFiles,
  biblatex,
  bibtex,
  type Citation,
  citationCff,
  citationMarkdown,
  citationOf,
  cslJson,
  dataciteJson,
  LABELS_FILE,
  labelsIn,
  type Prepared,
  prepareBundle,
} from "./index.ts";
import { fixtureDraft, sealedFixture } from "./testing/sealed.ts";

const LABELS: Labels = {
  tags: ["50%", "a & b", "bell", "<b>"].sort(),
  note: "A <i>first</i> try\nof {two} & $3",
};
const record = (labels: Json) =>
  new Map([...fixtureDraft().record, [LABELS_FILE, canonicalJsonFile(labels)] as const]);
const prepared = (labels: Json): Prepared => prepareBundle(fixtureDraft({ record: record(labels) }));
const textOf = (files: BundleFiles, path: string): string => fromUtf8(files.get(path) as Uint8Array);
const cited = async (): Promise<Citation> =>
  citationOf(await sealedFixture({ record: record(labelsJson(LABELS)) }));

describe("labels of a record", () => {
  test("are in no id but the record's, and absent where none were given", () => {
    const plain = prepareBundle(fixtureDraft());
    const labelled = prepared(labelsJson(LABELS));
    expect(labelled.ids.recipeId).toBe(plain.ids.recipeId);
    expect(labelled.ids.artifactId).toBe(plain.ids.artifactId);
    expect(labelled.ids.recordId).not.toBe(plain.ids.recordId);
    expect(labelsIn(labelled.files)).toEqual(LABELS);
    expect(labelsIn(plain.files)).toBeUndefined();
    for (const path of ["ro-crate-metadata.json", "CITATION.cff", "citation.bib", "datacite.json"])
      expect(textOf(plain.files, path), path).not.toMatch(/keyword|subject|abstract/i);
  });

  test("that break the rules are not sealed", () => {
    for (const labels of [{ tags: ["b", "a"] }, { tags: ["a,b"] }, {}, { note: 1 }, []] as Json[])
      expect(() => prepared(labels)).toThrow(ArqonError);
  });

  test("whatever people give meets the published schema", () => {
    const url = new URL("../../schemas/labels.v1.schema.json", import.meta.url);
    const validate = new Ajv2020({ strict: true }).compile(JSON.parse(readFileSync(url, "utf8")));
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme" })),
        fc.string({ unit: "grapheme" }),
        (tags, note) => {
          try {
            const labels = labelsOf({ tags, note });
            if (labels) expect(validate(labelsJson(labels))).toBe(true);
          } catch (thrown) {
            expect(["USAGE", "LIMIT_EXCEEDED"]).toContain(ArqonError.from(thrown).code);
          }
        },
      ),
    );
    for (const wrong of [{}, { note: "" }, { tags: [] }, { tags: [" a"] }, { tags: ["a,b"] }, { more: 1 }])
      expect(validate(wrong)).toBe(false);
  });
});

describe("the views of a labelled run", () => {
  test("the crate has its tags as keywords and its note as description", () => {
    const { files } = prepared(labelsJson(LABELS));
    const graph = (parseJson(textOf(files, "ro-crate-metadata.json"), "crate") as JsonObject)["@graph"];
    const root = (graph as readonly JsonObject[]).find((node) => node["@id"] === "./");
    expect(root).toMatchObject({ keywords: "50%, <b>, a & b, bell", description: LABELS.note });
  });

  test("the page shows them as they are, not as markup", () => {
    const page = textOf(prepared(labelsJson(LABELS)).files, "ro-crate-preview.html");
    expect(page).toContain("50%, &#60;b&#62;, a &#38; b, bell");
    expect(page).toContain("A &#60;i&#62;first&#60;/i&#62; try\nof {two} &#38; $3");
    expect(page).not.toMatch(/<i>first|<b>,/);
  });

  test("every citation format says them in its own fields", async () => {
    const citation = await cited();
    const datacite = parseJson(fromUtf8(dataciteJson(citation)), "datacite") as JsonObject;
    expect(datacite["subjects"]).toEqual(LABELS.tags.map((subject) => ({ subject })));
    expect(datacite["descriptions"]).toContainEqual({
      description: LABELS.note,
      descriptionType: "Abstract",
    });
    const [csl] = parseJson(fromUtf8(cslJson(citation)), "csl") as readonly JsonObject[];
    expect(csl).toMatchObject({ keyword: "50%, <b>, a & b, bell", abstract: LABELS.note });
    for (const entry of [biblatex(citation), bibtex(citation)]) {
      expect(entry).toContain("keywords = {50\\%, <b>, a \\& b, bell}");
      expect(entry).toContain("abstract = {A <i>first</i> try of \\{two\\} \\& \\$3}");
    }
    expect(citationCff(citation)).toContain(
      'keywords:\n  - "50%"\n  - "<b>"\n  - "a & b"\n  - "bell"\nabstract: "A <i>first</i> try\\nof {two} & $3"\n',
    );
    expect(citationMarkdown(citation)).toContain("- tags: 50%, &lt;b&gt;, a &amp; b, bell\n");
  });
});
