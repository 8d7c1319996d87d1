/** Key pairs from a fixed seed, for tests only. */
import { concatBytes, fromHex } from "../../base/index.ts";
import { keyIdOf, type PublicKey, type SignatureAlgorithm } from "../suite.ts";

interface SigningCrypto {
  createPrivateKey(key: object): object;
  createPublicKey(key: object): { export(options: object): Uint8Array };
  sign(digest: null, message: Uint8Array, key: object): Uint8Array;
}

/** A key pair that signs in this process. */
export interface TestKey extends PublicKey {
  sign(message: Uint8Array): Promise<Uint8Array>;
}

const PKCS8: Readonly<Record<SignatureAlgorithm, string>> = {
  ed25519: "302e020100300506032b657004220420",
  "ml-dsa-65": "3034020100300b060960864801650304031204228020",
};

/** The key whose 32-byte seed is `byte` repeated. */
export function testKey(algorithm: SignatureAlgorithm, byte: number): TestKey {
  const node = (
    globalThis as unknown as { process: { getBuiltinModule(name: string): unknown } }
  ).process.getBuiltinModule("node:crypto") as SigningCrypto;
  const der = concatBytes(fromHex(PKCS8[algorithm]), new Uint8Array(32).fill(byte));
  const secret = node.createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const spki = new Uint8Array(node.createPublicKey(secret).export({ type: "spki", format: "der" }));
  return {
    keyId: keyIdOf(spki),
    algorithm,
    spki,
    sign: async (message) => new Uint8Array(node.sign(null, message, secret)),
  };
}

/** Both suites, under one seed byte. */
export function testKeys(byte: number): TestKey[] {
  return [testKey("ed25519", byte), testKey("ml-dsa-65", byte)];
}
