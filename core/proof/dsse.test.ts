import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, toBase64, utf8 } from "../base/index.ts";
import {
  algorithmOf,
  BOTH_SUITES,
  createEnvelope,
  createVerifier,
  type Envelope,
  type EnvelopePolicy,
  encodeEnvelope,
  IN_TOTO_TYPE,
  nodeCrypto,
  openEnvelope,
  pae,
  parseEnvelope,
  pemOf,
  publicKeyFromPem,
  rawPublicKey,
  spkiOf,
  systemVerifier,
  verifyEnvelope,
  webCrypto,
} from "./index.ts";
import { testKeys } from "./testing/index.ts";

const keys = testKeys(1);
const strangers = testKeys(2);
const payload = utf8(canonicalJson({ a: 1, b: [2, "ü"] }));
const sealed = await createEnvelope(IN_TOTO_TYPE, payload, keys);
const policy: EnvelopePolicy = { keys, require: BOTH_SUITES, verifier: systemVerifier() };
const judge = async (envelope: Envelope, change: Partial<EnvelopePolicy> = {}) =>
  verifyEnvelope(envelope, { ...policy, ...change });

describe("the pre-authentication encoding", () => {
  test("is that of the DSSE specification's example", () => {
    const encoded = pae("http://example.com/HelloWorld", utf8("hello world"));
    expect(new TextDecoder().decode(encoded)).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  });

  test("counts bytes, not characters", () => {
    expect(new TextDecoder().decode(pae("ü", utf8("ü")))).toBe("DSSEv1 2 ü 2 ü");
  });
});

describe("an envelope", () => {
  test("signed with both suites is accepted", async () => {
    expect(await judge(sealed)).toMatchObject({ status: "ok", payload });
    expect(await openEnvelope(sealed, policy)).toEqual(payload);
  });

  test("survives its file form", () => {
    expect(parseEnvelope(encodeEnvelope(sealed))).toEqual(sealed);
  });

  test.each([0, 1])("stripped of signature %i is refused", async (at) => {
    const stripped = { ...sealed, signatures: [sealed.signatures[1 - at] as (typeof sealed.signatures)[0]] };
    expect(await judge(stripped)).toMatchObject({
      status: "failed",
      detail: expect.stringContaining("no valid"),
    });
    await expect(openEnvelope(stripped, policy)).rejects.toMatchObject({ code: "SIGNATURE_MISSING" });
  });

  test("with one invalid signature by a known key is refused as a whole", async () => {
    const [first, second] = sealed.signatures;
    const forged = { ...sealed, signatures: [first, { ...second, sig: toBase64(new Uint8Array(3309)) }] };
    const one = { ...policy, require: [["ed25519" as const]] };
    expect(await verifyEnvelope(forged as Envelope, one)).toMatchObject({
      status: "failed",
      detail: expect.stringContaining("invalid"),
    });
  });

  test("with signatures by strangers besides is accepted, and by strangers alone is not", async () => {
    const more = await createEnvelope(IN_TOTO_TYPE, payload, [...strangers, ...keys]);
    expect((await judge(more)).validKeyIds).toEqual(keys.map(({ keyId }) => keyId));
    expect(await judge(await createEnvelope(IN_TOTO_TYPE, payload, strangers))).toMatchObject({
      status: "failed",
    });
  });

  test("that names a key twice, or has nine signatures, is refused", async () => {
    const twice = { ...sealed, signatures: [...sealed.signatures, ...sealed.signatures] };
    expect((await judge(twice)).detail).toContain("two signatures");
    const nine = { ...sealed, signatures: Array.from({ length: 9 }, (_, i) => ({ keyid: `${i}`, sig: "" })) };
    expect((await judge(nine)).detail).toContain("9 signatures");
  });

  test("with loose base64 is refused", async () => {
    for (const loose of [`${sealed.payload}\n`, sealed.payload.replace(/=+$/, ""), " "])
      if (loose !== sealed.payload)
        expect((await judge({ ...sealed, payload: loose })).status).toBe("failed");
    const [first, second] = sealed.signatures;
    const signatures = [first, { keyid: second?.keyid, sig: `${second?.sig} ` }];
    expect((await judge({ ...sealed, signatures } as Envelope)).detail).toContain("base64");
  });

  test("whose JSON payload is not canonical is refused though signed", async () => {
    for (const text of ['{"b":1,"a":2}', '{"a":1,"a":1}', '{"a":1}\n', "9007199254740993", "nonsense"]) {
      const envelope = await createEnvelope(IN_TOTO_TYPE, utf8(text), keys);
      expect(await judge(envelope), text).toMatchObject({
        status: "failed",
        detail: "the payload is not canonical JSON",
      });
    }
    const plain = await createEnvelope("text/plain", utf8("{ }"), keys);
    expect((await judge(plain)).status).toBe("ok");
  });

  test("changed in payload, type or by any byte of a signature is refused", async () => {
    expect((await judge({ ...sealed, payload: toBase64(utf8("{}")) })).status).toBe("failed");
    expect((await judge({ ...sealed, payloadType: "text/plain" })).status).toBe("failed");
  });

  test("counts keys only within their validity", async () => {
    const dated = keys.map((key) => ({
      ...key,
      notBefore: "2026-01-01T00:00:00Z",
      notAfter: "2026-12-31T00:00:00Z",
    }));
    expect((await judge(sealed, { keys: dated, at: "2026-06-01T00:00:00Z" })).status).toBe("ok");
    expect((await judge(sealed, { keys: dated, at: "2025-06-01T00:00:00Z" })).status).toBe("failed");
    expect((await judge(sealed, { keys: dated, at: "2027-06-01T00:00:00Z" })).detail).toContain(
      "not valid at",
    );
    expect((await judge(sealed, { keys: dated, at: "not a time" })).status).toBe("failed");
  });

  test("is not checked, rather than accepted, where a suite is missing", async () => {
    const node = nodeCrypto();
    const partial = {
      verify: async (...args: Parameters<ReturnType<typeof systemVerifier>["verify"]>) =>
        args[0] === "ed25519" ? createVerifier({ node }).verify(...args) : ("unavailable" as const),
    };
    expect(await judge(sealed, { verifier: partial })).toMatchObject({ status: "not-checked" });
    expect(await judge(sealed, { verifier: createVerifier() })).toMatchObject({ status: "not-checked" });
  });

  test("of the wrong shape is refused with JSON_INVALID", () => {
    const shapes = [
      "[]",
      "{}",
      '{"payload":1,"payloadType":"","signatures":[]}',
      '{"payload":"","payloadType":"","signatures":[{}]}',
    ];
    for (const text of [...shapes, "x", '{"payload":"","payloadType":"","signatures":[],"z":1}'])
      expect(() => parseEnvelope(utf8(text)), text).toThrow(
        expect.objectContaining({ code: "JSON_INVALID" }),
      );
  });
});

describe("a verifier", () => {
  test("by WebCrypto agrees with Node's on Ed25519", async () => {
    const web = createVerifier({ subtle: webCrypto() });
    const [key] = keys;
    if (!key) throw new TypeError("no key");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 50 }), fc.nat(63), async (message, at) => {
        const signature = await key.sign(message);
        expect(await web.verify("ed25519", key.spki, message, signature)).toBe("valid");
        signature[at] = (signature[at] as number) ^ 4;
        expect(await web.verify("ed25519", key.spki, message, signature)).toBe("invalid");
        expect(await policy.verifier.verify("ed25519", key.spki, message, signature)).toBe("invalid");
      }),
      { numRuns: 25 },
    );
  });

  test("finds a key of another algorithm or a signature of another length invalid", async () => {
    const [ed, pq] = keys;
    if (!ed || !pq) throw new TypeError("no keys");
    const signature = await ed.sign(payload);
    expect(await policy.verifier.verify("ml-dsa-65", ed.spki, payload, signature)).toBe("invalid");
    expect(await policy.verifier.verify("ed25519", pq.spki, payload, signature)).toBe("invalid");
    expect(await policy.verifier.verify("ed25519", ed.spki, payload, signature.subarray(1))).toBe("invalid");
  });
});

describe("a public key", () => {
  test("goes through PEM and its raw form unchanged", () => {
    for (const { algorithm, spki, keyId } of keys) {
      expect(publicKeyFromPem(pemOf(spki), "key")).toEqual({ algorithm, spki, keyId });
      expect(spkiOf(algorithm, rawPublicKey(algorithm, spki) as Uint8Array)).toEqual(spki);
      expect(algorithmOf(spki)).toBe(algorithm);
    }
    expect(algorithmOf(new Uint8Array(44))).toBeUndefined();
  });

  test("in loose PEM, of another algorithm, or cut short is refused", () => {
    const pem = pemOf((keys[0] as (typeof keys)[0]).spki);
    const bad = [pem.trimEnd(), `\n${pem}`, pem.replace("PUBLIC", "PRIVATE"), pemOf(new Uint8Array(40)), ""];
    for (const text of bad)
      expect(() => publicKeyFromPem(text, "key")).toThrow(
        expect.objectContaining({ code: "SIGNATURE_INVALID" }),
      );
  });
});
