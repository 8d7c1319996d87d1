/** Where things are in a bundle besides the sections of `artifact.json`. */
import { isSignatureAlgorithm, type SignatureAlgorithm } from "../proof/index.ts";

export const ARTIFACT_PATH = "artifact.json";
export const ENVELOPE_PATH = "attestations/provenance.dsse.json";
export const PROOF_PATH = "ledger/inclusion.tlog-proof";
/** What an artifact came from, with the records of its parents. */
export const PARENTS_PATH = "provenance/parents.json";

/** Files made from the others for people and other tools; signed, in no id. These every bundle has. */
export const REQUIRED_VIEWS: readonly string[] = ["CITATION.cff", "VERIFY.md", "ro-crate-metadata.json"];
/** Every view there may be. */
export const VIEW_PATHS: readonly string[] = [
  "CITATION.cff",
  "CITATION.md",
  "VERIFY.md",
  "citation.bib",
  "datacite.json",
  "ro-crate-metadata.json",
  "ro-crate-preview.html",
];

/** Where the public key of a suite is kept. */
export const attestationKeyPath = (algorithm: SignatureAlgorithm): string =>
  `attestations/keys/${algorithm}.pub.pem`;
/** Where the ledger's public key of a suite is kept, when the ledger has keys of its own. */
export const ledgerKeyPath = (algorithm: SignatureAlgorithm): string => `ledger/keys/${algorithm}.pub.pem`;

/** The suite whose key a path holds, in a folder such as "attestations/keys/". */
export function keyFileSuite(path: string, folder: string): SignatureAlgorithm | undefined {
  if (!path.startsWith(folder) || !path.endsWith(".pub.pem")) return undefined;
  const suite = path.slice(folder.length, -".pub.pem".length);
  return isSignatureAlgorithm(suite) ? suite : undefined;
}
