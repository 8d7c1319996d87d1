/** What a citation needs and a run cannot know: who made it, where, under which licence. Given by people, never guessed. */
import { ArqonError, type Json, type JsonObject, jsonObject } from "../../base/index.ts";
import { licenceOf, requireUrl } from "./licence.ts";
import { orcidOf, rorOf } from "./registries.ts";

/** Somebody who made the artifact. */
export interface Creator {
  /** "Family, Given" for a person; without a comma it is taken as it stands, e.g. an organisation. */
  readonly name: string;
  /** Sixteen digits in groups of four, e.g. "0000-0002-1825-0097". */
  readonly orcid?: string;
  readonly institution?: string;
  /** e.g. "https://ror.org/05dxps055". */
  readonly ror?: string;
}

/** What people say of an artifact; every part may be missing, and nothing stands in for it. */
export interface CitationMetadata {
  readonly creators?: readonly Creator[];
  /** An SPDX id of {@link LICENCES}, or the URL of another licence. */
  readonly licence?: string;
  readonly title?: string;
  /** Who publishes it, e.g. a repository. */
  readonly publisher?: string;
  /** Page of the publisher, or its ROR id as a URL. */
  readonly publisherUrl?: string;
  /** Page of the software that ran it, for the crate, whose readers want one. */
  readonly softwareUrl?: string;
  /** e.g. "10.5281/zenodo.123". */
  readonly doi?: string;
  /** Where it can be had. */
  readonly url?: string;
}

const TEXTS = ["licence", "title", "publisher", "publisherUrl", "softwareUrl", "doi", "url"] as const;
const CREATOR_KEYS: readonly string[] = ["name", "orcid", "institution", "ror"];
const MAX_CREATORS = 200;
const MAX_TEXT = 500;

/**
 * Reads metadata, e.g. of `ARQON_HOME/profile.json`, and checks everything that can be: check digits of ORCID and ROR,
 * licence, DOI, URL.
 *
 * @param what  names the source in errors.
 * @throws ArqonError `JSON_INVALID` naming the field.
 */
export function readMetadata(value: Json | undefined, what: string): CitationMetadata {
  const object = jsonObject(value, what);
  for (const key of Object.keys(object))
    if (key !== "creators" && !(TEXTS as readonly string[]).includes(key))
      throw new ArqonError(
        "JSON_INVALID",
        `${what}: unknown key "${key.slice(0, 40)}"; known: creators, ${TEXTS.join(", ")}`,
      );
  const { creators } = object;
  if (creators !== undefined && (!Array.isArray(creators) || creators.length > MAX_CREATORS))
    throw new ArqonError("JSON_INVALID", `${what}: creators must be a list of at most ${MAX_CREATORS}`);
  const texts = Object.fromEntries(
    TEXTS.flatMap((key) => {
      const text = textOf(object, key, what);
      return text === undefined ? [] : [[key, text]];
    }),
  );
  if (texts["licence"] !== undefined) licenceOf(texts["licence"], `${what}: licence`);
  if (texts["doi"] !== undefined && !/^10\.\d{4,9}\/[^\s"<>{}\\]+$/.test(texts["doi"]))
    throw new ArqonError("JSON_INVALID", `${what}: doi "${texts["doi"]}" is not of the form 10.1234/abc`);
  for (const key of ["url", "publisherUrl", "softwareUrl"])
    if (texts[key] !== undefined) requireUrl(texts[key], `${what}: ${key}`);
  if (texts["publisherUrl"] !== undefined && texts["publisher"] === undefined)
    throw new ArqonError("JSON_INVALID", `${what}: a publisherUrl needs the name of its publisher`);
  return {
    ...(creators && {
      creators: (creators as readonly Json[]).map((item, i) => creatorOf(item, `${what}: creators[${i}]`)),
    }),
    ...texts,
  };
}

function creatorOf(value: Json, what: string): Creator {
  const object = jsonObject(value, what);
  for (const key of Object.keys(object))
    if (!CREATOR_KEYS.includes(key))
      throw new ArqonError(
        "JSON_INVALID",
        `${what}: unknown key "${key.slice(0, 40)}"; known: ${CREATOR_KEYS.join(", ")}`,
      );
  const name = textOf(object, "name", what);
  if (name === undefined) throw new ArqonError("JSON_INVALID", `${what} has no name`);
  const orcid = textOf(object, "orcid", what);
  const institution = textOf(object, "institution", what);
  const ror = textOf(object, "ror", what);
  if (ror !== undefined && institution === undefined)
    throw new ArqonError("JSON_INVALID", `${what}: a ror needs the name of its institution`);
  return {
    name,
    ...(orcid !== undefined && { orcid: orcidOf(orcid, `${what}: orcid`) }),
    ...(institution !== undefined && { institution }),
    ...(ror !== undefined && { ror: rorOf(ror, `${what}: ror`) }),
  };
}

function textOf(object: JsonObject, key: string, what: string): string | undefined {
  const value = object[key];
  if (value === undefined) return undefined;
  if (
    typeof value !== "string" ||
    value.trim() === "" ||
    value.length > MAX_TEXT ||
    !value.isWellFormed() ||
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value)
  )
    throw new ArqonError(
      "JSON_INVALID",
      `${what}: ${key} must be a text of 1 to ${MAX_TEXT} printable characters`,
    );
  return value.trim();
}
