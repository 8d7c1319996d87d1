/** How a release was built: SLSA provenance in an in-toto statement, signed as DSSE and, file by file, as cosign does. */
import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import { IN_TOTO_TYPE, pae } from "../../core/proof/index.ts";
import { type Commit, fileOf } from "./commit.ts";

const digest = (bytes: Uint8Array): { sha256: string } => ({
  sha256: createHash("sha256").update(bytes).digest("hex"),
});

/** Who builds, and from where; an untrusted machine is not more than that. */
export interface Builder {
  /** A URI, e.g. the workflow of the forge that ran the build. */
  readonly id: string;
  /** A URI of the repository, where it is known, e.g. "git+https://example.org/arqon". */
  readonly repository?: string;
  /** A URI of this build, where there is one. */
  readonly invocation?: string;
  /** Versions of the tools whose bytes could show in the result. */
  readonly tools: Readonly<Record<string, string>>;
}

/** The statement: subjects are the files of the release. */
export function buildProvenance(
  commit: Commit,
  version: string,
  outputs: ReadonlyMap<string, Uint8Array>,
  builder: Builder,
): Uint8Array {
  const lock = (path: string): object => ({ name: path, digest: digest(fileOf(commit, path)) });
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [...outputs].map(([name, bytes]) => ({ name, digest: digest(bytes) })),
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "urn:arqon:release:v1",
        externalParameters: { revision: commit.commit, version },
        internalParameters: { sourceDateEpoch: commit.timeS },
        resolvedDependencies: [
          {
            ...(builder.repository && { uri: `${builder.repository}@${commit.commit}` }),
            name: "source",
            digest: { gitCommit: commit.commit, gitTree: commit.tree },
          },
          lock("package-lock.json"),
          lock("sdk/python/requirements.lock"),
        ],
      },
      runDetails: {
        builder: { id: builder.id, version: builder.tools },
        ...(builder.invocation && { metadata: { invocationId: builder.invocation } }),
      },
    },
  };
  return Buffer.from(JSON.stringify(statement));
}

/** The names that signatures carry: "sha256:" and the digest of the public key. */
export function keyId(key: KeyObject): string {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(spki).digest("hex")}`;
}

/** One signature, in base64: ECDSA over SHA-256 as DER, as cosign makes it; Ed25519 and ML-DSA over the message itself. */
export function signBytes(key: KeyObject, bytes: Uint8Array): string {
  return sign(key.asymmetricKeyType === "ec" ? "sha256" : null, bytes, key).toString("base64");
}

/** A DSSE envelope around a statement, with a signature of every key. */
export function signStatement(statement: Uint8Array, keys: readonly KeyObject[]): string {
  const message = pae(IN_TOTO_TYPE, statement);
  const envelope = {
    payloadType: IN_TOTO_TYPE,
    payload: Buffer.from(statement).toString("base64"),
    signatures: keys.map((key) => ({ keyid: keyId(key), sig: signBytes(key, message) })),
  };
  return `${JSON.stringify(envelope)}\n`;
}
