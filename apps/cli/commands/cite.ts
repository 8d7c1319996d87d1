/** `arqon cite ID|PATH`: how to cite an artifact, from what it says of itself and what you add. */
import { ArqonError, fromUtf8, type Json, type JsonObject, jsonObject, parseJson } from "@arqon/core/base";
import {
  CITATION_FORMATS,
  type CitationMetadata,
  citationOf,
  cslJson,
  readMetadata,
} from "@arqon/core/bundle";
import { isBundlePath, readBundle } from "../bundle-path.ts";
import type { Arguments, Command } from "../command.ts";
import { readUserFile, withVault } from "../store.ts";

const FORMATS = Object.keys(CITATION_FORMATS);
const ONE_TEXT = ["title", "licence", "publisher", "doi", "url"] as const;

export const cite: Command = {
  name: "cite",
  summary: "cite an artifact: biblatex, bibtex, csl, datacite, cff or markdown",
  positionals: ["ID|PATH"],
  options: {
    format: { type: "string", value: "F", help: `${FORMATS.join(", ")} (default ${FORMATS[0]})` },
    author: { type: "string", value: "A", help: '"Family, Given", several divided by ";"' },
    title: { type: "string", value: "T", help: "title, instead of the one it was sealed with" },
    licence: { type: "string", value: "L", help: "SPDX id, e.g. CC-BY-4.0, or the URL of another licence" },
    publisher: { type: "string", value: "P", help: "who publishes it, e.g. a repository" },
    doi: { type: "string", value: "D", help: "e.g. 10.5281/zenodo.123, once it has one" },
    url: { type: "string", value: "U", help: "where it can be had" },
    metadata: { type: "string", value: "FILE", help: "JSON with any of these, as profile.json has them" },
  },
  example: 'arqon cite 3fa9c1d2 --format bibtex --author "Lovelace, Ada"',
  async run(args, terminal) {
    const [argument] = args.positionals as [string];
    const name = args.text("format") ?? (FORMATS[0] as string);
    const write = Object.hasOwn(CITATION_FORMATS, name) ? CITATION_FORMATS[name] : undefined;
    if (!write) throw new ArqonError("USAGE", `--format ${name}: expected one of ${FORMATS.join(", ")}`);
    const added = { ...(await fileMetadata(args)), ...optionMetadata(args) };
    const files = isBundlePath(argument)
      ? await readBundle(argument)
      : await withVault(terminal, async (vault) => vault.bundle((await vault.find(argument)).recordId));
    const citation = citationOf(files, added);
    const text = write(citation);
    terminal.answer({
      format: name,
      citation: text,
      csl: (parseJson(fromUtf8(cslJson(citation)), "csl") as readonly JsonObject[])[0] as JsonObject,
    });
    for (const line of text.trimEnd().split("\n")) terminal.print(line);
    if (citation.authors.length === 0)
      terminal.note(
        `nobody said who made it: give --author, or fill ${terminal.home}/profile.json before a run`,
      );
    return 0;
  },
};

async function fileMetadata(args: Arguments): Promise<CitationMetadata> {
  const path = args.text("metadata");
  if (path === undefined) return {};
  const text = new TextDecoder().decode(await readUserFile(path));
  return readMetadata(jsonObject(parseJson(text, path), path), path);
}

function optionMetadata(args: Arguments): CitationMetadata {
  const given: Record<string, Json> = {};
  for (const key of ONE_TEXT) {
    const text = args.text(key);
    if (text !== undefined) given[key] = text;
  }
  const authors = args.text("author");
  if (authors !== undefined)
    given["creators"] = authors
      .split(";")
      .map((name) => name.trim())
      .filter(Boolean)
      .map((name) => ({ name }));
  try {
    return readMetadata(given, "arqon cite");
  } catch (cause) {
    throw new ArqonError("USAGE", ArqonError.from(cause).message, { cause });
  }
}
