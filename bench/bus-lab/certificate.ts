/** A certificate for the servers of a bench. */
import { createSign, generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemEntropy } from "@arqon/core/base";
import { issueCertificate } from "@arqon/vault";
import type { PeerCertificate } from "./servers.ts";

const DAY_US = 86_400_000_000;

/** A certificate that certifies itself, and its key, as files in `folder`; the load does not verify it. */
export async function certificateIn(folder: string): Promise<PeerCertificate> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  const nowUs = systemClock.nowUs();
  const validity = { notBeforeUs: nowUs - DAY_US, notAfterUs: nowUs + DAY_US };
  const certificate = await issueCertificate(
    { name: "bench", spki, role: "server", names: ["localhost"], validity },
    {
      name: "bench",
      algorithm: "ecdsa-p256",
      spki,
      sign: async (bytes) => createSign("sha256").update(bytes).sign(privateKey),
    },
    systemEntropy,
  );
  const files = { certFile: join(folder, "bench.pem"), keyFile: join(folder, "bench.key") };
  writeFileSync(files.certFile, certificate);
  writeFileSync(files.keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  return files;
}
