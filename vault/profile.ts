/** `profile.json`: who works with this ARQON_HOME, for the citations of what is sealed here. Written by people. */
import { join } from "node:path";
import { ArqonError, fromUtf8, jsonObject, parseJson } from "@arqon/core/base";
import { type CitationMetadata, readMetadata } from "@arqon/core/bundle";
import { readRegularFile } from "./files/index.ts";

export const PROFILE_FILE = "profile.json";
const LIMIT_BYTES = 1 << 20;
/** What belongs to one artifact, not to everything sealed here. */
const OF_ONE = ["title", "doi", "url"];

/**
 * The profile of a home: creators, licence, publisher, publisherUrl, softwareUrl; empty without a file.
 * @throws ArqonError `JSON_INVALID` naming the field, e.g. a mistyped ORCID.
 */
export function readProfile(home: string): CitationMetadata {
  const path = join(home, PROFILE_FILE);
  const bytes = readRegularFile(path, { limitBytes: LIMIT_BYTES });
  if (!bytes) return {};
  const object = jsonObject(parseJson(fromUtf8(bytes), path), path);
  const misplaced = OF_ONE.find((key) => key in object);
  if (misplaced !== undefined)
    throw new ArqonError(
      "JSON_INVALID",
      `${path}: "${misplaced}" is of one artifact: give it to \`arqon cite\``,
    );
  return readMetadata(object, path);
}
