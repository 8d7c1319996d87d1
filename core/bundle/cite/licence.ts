/** Licences that data and programs come under. */
import { ArqonError } from "../../base/index.ts";

/** A licence as the formats want it. */
export interface Licence {
  readonly url: string;
  readonly name: string;
  /** Absent for a licence known by its URL only. */
  readonly spdx?: string;
}

/** The SPDX licences known by id; any other is named by its URL. */
export const LICENCES: Readonly<Record<string, string>> = {
  "CC0-1.0": "Creative Commons Zero v1.0 Universal",
  "CC-BY-4.0": "Creative Commons Attribution 4.0 International",
  "CC-BY-SA-4.0": "Creative Commons Attribution Share Alike 4.0 International",
  "CC-BY-NC-4.0": "Creative Commons Attribution Non Commercial 4.0 International",
  "CC-BY-NC-SA-4.0": "Creative Commons Attribution Non Commercial Share Alike 4.0 International",
  "CC-BY-ND-4.0": "Creative Commons Attribution No Derivatives 4.0 International",
  "CC-BY-NC-ND-4.0": "Creative Commons Attribution Non Commercial No Derivatives 4.0 International",
  "ODbL-1.0": "Open Data Commons Open Database License v1.0",
  "ODC-By-1.0": "Open Data Commons Attribution License v1.0",
  "PDDL-1.0": "Open Data Commons Public Domain Dedication & License 1.0",
  "Apache-2.0": "Apache License 2.0",
  "BSD-2-Clause": 'BSD 2-Clause "Simplified" License',
  "BSD-3-Clause": 'BSD 3-Clause "New" or "Revised" License',
  MIT: "MIT License",
};

/** @throws ArqonError `JSON_INVALID` for what is neither a known id nor a URL. */
export function licenceOf(text: string, what: string): Licence {
  if (/^https?:/.test(text)) return { url: requireUrl(text, what), name: text };
  const name = Object.hasOwn(LICENCES, text) ? LICENCES[text] : undefined;
  if (name === undefined)
    throw new ArqonError(
      "JSON_INVALID",
      `${what} "${text.slice(0, 40)}" is none of ${Object.keys(LICENCES).join(", ")}; give another by its URL`,
    );
  return { url: `https://spdx.org/licenses/${text}`, name, spdx: text };
}

/** @throws ArqonError `JSON_INVALID` unless `text` is an http(s) URL that needs no escaping anywhere. */
export function requireUrl(text: string, what: string): string {
  if (!/^https?:\/\/[^\s"'<>{}\\^`|]+$/.test(text) || !URL.canParse(text))
    throw new ArqonError("JSON_INVALID", `${what} "${text.slice(0, 80)}" is not an http or https URL`);
  return text;
}
