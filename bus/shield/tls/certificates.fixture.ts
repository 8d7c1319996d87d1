/** Certificates of both kinds in a folder of their own, for tests of TLS. */
import { createSign, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemEntropy } from "@arqon/core/base";
import { type CertificateAlgorithm, type Issuer, issueCertificate, type Subject } from "@arqon/vault";

/** A private authority in memory, and what it issued. */
export interface TestCertificates extends Disposable {
  readonly folder: string;
  readonly caFile: string;
  /** Issues a certificate. Returns where it and its key are. @param name  of the files */
  issue(
    name: string,
    algorithm: CertificateAlgorithm,
    subject?: Partial<Pick<Subject, "role" | "names" | "validity">>,
  ): Promise<{ readonly certFile: string; readonly keyFile: string }>;
}

const DAY_US = 86_400_000_000;

function keysOf(algorithm: CertificateAlgorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === "ecdsa-p256") return generateKeyPairSync("ec", { namedCurve: "P-256" });
  return generateKeyPairSync(algorithm as "ed25519");
}

const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: "spki", format: "der" }));

/** A folder with `ca.pem`, in which an ECDSA and an ML-DSA authority stand side by side. */
export async function testCertificates(): Promise<TestCertificates> {
  const folder = mkdtempSync(join(tmpdir(), "arqon-tls-"));
  const caFile = join(folder, "ca.pem");
  const validity = (days = 1) => ({
    notBeforeUs: systemClock.nowUs() - 60_000_000,
    notAfterUs: systemClock.nowUs() + days * DAY_US,
  });
  const issuers = new Map<CertificateAlgorithm, Issuer>();
  let roots = "";
  for (const algorithm of ["ecdsa-p256", "ml-dsa-65"] as const) {
    const { publicKey, privateKey } = keysOf(algorithm);
    const issuer: Issuer = {
      name: `test ${algorithm}`,
      algorithm,
      spki: spkiOf(publicKey),
      sign: async (bytes) =>
        algorithm === "ecdsa-p256"
          ? createSign("sha256").update(bytes).sign(privateKey)
          : sign(null, bytes, privateKey),
    };
    issuers.set(algorithm, issuer);
    const root = { name: issuer.name, spki: issuer.spki, role: "authority", names: [], validity: validity() };
    roots += await issueCertificate(root as Subject, issuer, systemEntropy);
  }
  writeFileSync(caFile, roots);
  return {
    folder,
    caFile,
    async issue(name, algorithm, subject = {}) {
      const { publicKey, privateKey } = keysOf(algorithm);
      const issuer = issuers.get(algorithm === "ml-dsa-65" ? algorithm : "ecdsa-p256") as Issuer;
      const wanted: Subject = {
        name,
        spki: spkiOf(publicKey),
        role: "server",
        names: ["localhost", "127.0.0.1"],
        validity: validity(),
        ...subject,
      };
      const certFile = join(folder, `${name}.pem`);
      const keyFile = join(folder, `${name}.key`);
      writeFileSync(certFile, await issueCertificate(wanted, issuer, systemEntropy));
      writeFileSync(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
      return { certFile, keyFile };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
