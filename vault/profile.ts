/** `profile.json`: who works with this ARQON_HOME, for the citations of what is sealed here. Written by people. */
import { join } from "node:path";
import { ArqonError, fromUtf8, jsonObject, parseJson } from "@arqon/core/base";
import { CRATE_EDITIONS, type CrateEdition, type PrepareOptions, readMetadata } from "@arqon/core/bundle";
import { readRegularFile } from "./files/index.ts";

export const PROFILE_FILE = "profile.json";
/** How what is sealed here is presented. */
export type Profile = Pick<PrepareOptions, "citation" | "crate">;

const LIMIT_BYTES = 1 << 20;
/** What belongs to one artifact, not to everything sealed here. */
const OF_ONE = ["title", "doi", "url"];

/**
 * The profile of a home: creators, licence, publisher, publisherUrl, softwareUrl, and `crate`, the edition of RO-Crate;
 * empty without a file.
 * @throws ArqonError `JSON_INVALID` naming the field, e.g. a mistyped ORCID.
 */
export function readProfile(home: string): Profile {
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
  const { crate, ...metadata } = object;
  if (crate !== undefined && (typeof crate !== "string" || !Object.hasOwn(CRATE_EDITIONS, crate)))
    throw new ArqonError(
      "JSON_INVALID",
      `${path}: crate must be one of ${Object.keys(CRATE_EDITIONS).join(", ")}`,
    );
  const citation = readMetadata(metadata, path);
  return { citation, ...(crate !== undefined && { crate: crate as CrateEdition }) };
}
