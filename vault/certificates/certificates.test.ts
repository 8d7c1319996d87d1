import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemEntropy } from "@arqon/core/base";
import * as fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { keyValidity, openVault, unlockTls } from "../front.ts";
import { temporaryHomes } from "../testing/index.ts";
import { der, integer, objectId } from "./der.ts";
import { makeClientCertificate, makeTls, tlsPaths } from "./index.ts";

const newHome = temporaryHomes(afterEach);
const DAY_US = 86_400_000_000;
const base = { clock: systemClock, entropy: systemEntropy };

async function make(home: string, names: readonly string[]) {
  const vault = await openVault({ home, ...base });
  const nowUs = systemClock.nowUs();
  const validity = { notBeforeUs: nowUs - 60_000_000, notAfterUs: nowUs + 90 * DAY_US };
  const request = { home, kms: vault.keys, ...base, names, authority: keyValidity(systemClock), validity };
  return { vault, request, paths: await makeTls(request) };
}

const certificate = (path: string): X509Certificate => new X509Certificate(readFileSync(path));

test("an authority in the KMS issues both chains, keeps its certificates, and leaves no private key readable", async () => {
  const home = newHome();
  const names = ["lab.example", "*.lab.example", "192.0.2.7", "2001:db8::7", "spiffe://lab/bus"];
  const { vault, request, paths } = await make(home, names);
  const roots =
    readFileSync(paths.caFile, "utf8").match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  expect(roots).toHaveLength(2);
  for (const [i, { certFile, keyFile }] of paths.certificates.entries()) {
    const leaf = certificate(certFile);
    const root = new X509Certificate(roots[i] ?? "");
    expect(leaf.checkIssued(root) && leaf.verify(root.publicKey) && root.verify(root.publicKey)).toBe(true);
    expect([root.ca, leaf.ca]).toEqual([true, false]);
    expect(leaf.subjectAltName).toBe(
      "DNS:lab.example, DNS:*.lab.example, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7, URI:spiffe://lab/bus",
    );
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(readFileSync(keyFile, "utf8")).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
  }
  const device = await makeClientCertificate(request, {
    identity: "spiffe://lab/device-7",
    algorithm: "ml-dsa-65",
    passphrase: "p",
  });
  expect(new X509Certificate(device.certificate).subjectAltName).toBe("URI:spiffe://lab/device-7");
  const before = readFileSync(paths.caFile, "utf8");
  const passphrase = await unlockTls({ home, ...base });
  await makeTls({ ...request, names: ["other.example"] });
  await vault.close();
  expect(readFileSync(paths.caFile, "utf8")).toBe(before);
  expect(certificate(paths.certificates[0]?.certFile ?? "").subjectAltName).toBe("DNS:other.example");
  expect(await unlockTls({ home, ...base })).toBe(passphrase);
  for (const file of readdirSync(join(home, "tls")))
    expect(readFileSync(join(home, "tls", file), "utf8")).not.toContain(passphrase);
});

test("without certificates there is nothing to unlock, and it is said what to do", async () => {
  const home = newHome();
  (await openVault({ home, ...base })).close();
  await expect(unlockTls({ home, ...base })).rejects.toMatchObject({
    code: "TLS_CERTIFICATE",
    remedy: expect.stringContaining("arqon tls init"),
  });
  expect(tlsPaths(home).caFile).toBe(join(home, "tls", "ca.pem"));
});

test("a name that is no host, address or URI is refused before anything is written", async () => {
  const home = newHome();
  for (const bad of ["", "a b", "-x", "x_y.example", "a,b", "http://a b", 'urn:"', "urn:a,URI:urn:owner"])
    await expect(make(home, [bad])).rejects.toMatchObject({ code: "USAGE" });
  expect(existsSync(join(home, "tls"))).toBe(false);
});

test("lengths, integers and object ids are those of X.690", () => {
  expect(Buffer.from(objectId("2.16.840.1.101.3.4.3.18")).toString("hex")).toBe("0609608648016503040312");
  expect(Buffer.from(integer(Uint8Array.of(0x80))).toString("hex")).toBe("02020080");
  fc.assert(
    fc.property(fc.nat(70_000), (bytes) => {
      const made = Buffer.from(der(0x04, new Uint8Array(bytes)));
      const first = made[1] as number;
      const length = first < 128 ? first : made.readUIntBE(2, first & 0x7f);
      expect(length).toBe(bytes);
      if (bytes >= 128) expect(made[2]).toBeGreaterThan(0);
    }),
    { numRuns: 50 },
  );
});
