/**
 * Says which tests were left out because a server is not installed, and how to get it. ARQON_REQUIRE=postgres,s3 forbids
 * leaving them out.
 */

import { kryopticLibrary, nssLibrary, softhsmLibrary } from "../vault/keys/pkcs11/make-tokens.ts";
import {
  cosignFolder,
  craneFolder,
  fipsModules,
  postgresFolder,
  s3Folder,
} from "../vault/testing/services.ts";
import { chromiumProgram } from "./browser/chromium.ts";
import { judgesFolder, sbomJudge, specJudge, tlogJudge } from "./judges/places.ts";

const NEEDS = [
  {
    name: "postgres",
    found: postgresFolder,
    tests: "the index on PostgreSQL",
    get: "apt-get install postgresql",
  },
  {
    name: "s3",
    found: s3Folder,
    tests: "objects on an S3 server",
    get: "go install github.com/versity/versitygw/cmd/versitygw@v1.8.0",
  },
  {
    name: "cosign",
    found: cosignFolder,
    tests: "signatures of a release, judged by cosign",
    get: "go install github.com/sigstore/cosign/v2/cmd/cosign@v2.5.0",
  },
  {
    name: "crane",
    found: craneFolder,
    tests: "signatures of an image in a registry, judged by cosign",
    get: "go install github.com/google/go-containerregistry/cmd/crane@v0.20.6",
  },
  {
    name: "judges",
    found: judgesFolder,
    tests: "exports and frames, judged by programs of others",
    get: "python3 -m venv .services/judges && .services/judges/bin/pip install -r tests/judges/requirements.txt",
  },
  {
    name: "sbom",
    found: sbomJudge,
    tests: "the bill of materials, judged by CycloneDX's validator",
    get: "python3 -m venv .services/judges-sbom && .services/judges-sbom/bin/pip install -r tests/judges/sbom-requirements.txt",
  },
  {
    name: "tlog",
    found: tlogJudge,
    tests: "ledger proofs, judged by Go's sumdb",
    get: "(cd tests/judges/tlog && GOBIN=$PWD/../../../.services go install .)",
  },
  {
    name: "spec",
    found: specJudge,
    tests: "bundles, judged by a verifier in Go that was written from their specification alone",
    get: "(cd tests/judges/spec && GOBIN=$PWD/../../../.services go install .)",
  },
  {
    name: "softhsm",
    found: softhsmLibrary,
    tests: "keys in a SoftHSM token",
    get: "apt-get install softhsm2 && tests/tokens/install plugins",
  },
  {
    name: "nss",
    found: nssLibrary,
    tests: "ML-DSA and ML-KEM in an NSS token",
    get: "tests/tokens/install plugins nss",
  },
  {
    name: "kryoptic",
    found: kryopticLibrary,
    tests: "a token that locks its PIN (Kryoptic)",
    get: "tests/tokens/install plugins kryoptic",
  },
  {
    name: "fips",
    found: fipsModules,
    tests: "a vault that must be certified, with OpenSSL's FIPS provider",
    get: "tests/tokens/install fips, or ARQON_FIPS_MODULES=folder of fips.so",
  },
  {
    name: "chromium",
    found: chromiumProgram,
    tests: "the page in a browser",
    get: "apt-get install chromium-headless-shell",
  },
];

/** Run by vitest before and, what it returns, after all tests. */
export default function setup(): () => void {
  const missing = NEEDS.filter(({ found }) => found() === undefined);
  const required = (process.env["ARQON_REQUIRE"] ?? "").split(",").filter((name) => name !== "");
  const unknown = required.filter((name) => !NEEDS.some((need) => need.name === name));
  const forbidden = missing.filter(({ name }) => required.includes(name)).map(({ name }) => name);
  if (unknown.length + forbidden.length > 0)
    throw new Error(
      `ARQON_REQUIRE forbids leaving tests out; missing: ${forbidden.join(", ") || "-"}; not known: ${unknown.join(", ") || "-"}`,
    );
  return () => {
    for (const { tests, get } of missing) console.warn(`left out: ${tests}. To run them: ${get}`);
  };
}
