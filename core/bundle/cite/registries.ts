/** Identifiers of people and organisations, with their check digits: a mistyped one is refused, none is invented. */
import { ArqonError } from "../../base/index.ts";

/** The bare form of an ORCID iD (ISO 7064 mod 11-2). @throws ArqonError `JSON_INVALID`. */
export function orcidOf(text: string, what: string): string {
  const bare = text.replace(/^https?:\/\/orcid\.org\//, "");
  const digits = bare.replaceAll("-", "");
  if (!/^(\d{4}-){3}\d{3}[\dX]$/.test(bare))
    throw new ArqonError("JSON_INVALID", `${what} "${text}" is not of the form 0000-0002-1825-0097`);
  let total = 0;
  for (const digit of digits.slice(0, 15)) total = (total + Number(digit)) * 2;
  const check = (12 - (total % 11)) % 11;
  if (digits.at(-1) !== (check === 10 ? "X" : String(check)))
    throw new ArqonError("JSON_INVALID", `${what} "${text}" has a wrong check digit: it is mistyped`);
  return bare;
}

// Crockford's base 32, as ROR uses it.
const ROR_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

/** The URL form of a ROR id (ISO 7064 mod 97-10 over its number). @throws ArqonError `JSON_INVALID`. */
export function rorOf(text: string, what: string): string {
  const bare = text.replace(/^(https?:\/\/)?ror\.org\//, "").toLowerCase();
  if (!/^0[0-9a-hj-km-np-tv-z]{6}\d\d$/.test(bare))
    throw new ArqonError("JSON_INVALID", `${what} "${text}" is not of the form https://ror.org/05dxps055`);
  let number = 0;
  for (const digit of bare.slice(0, 7)) number = number * 32 + ROR_DIGITS.indexOf(digit);
  if (98 - ((number * 100) % 97) !== Number(bare.slice(7)))
    throw new ArqonError("JSON_INVALID", `${what} "${text}" has wrong check digits: it is mistyped`);
  return `https://ror.org/${bare}`;
}
