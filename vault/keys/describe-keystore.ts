/** The suite every keystore must pass. */
import { ArqonError, utf8 } from "@arqon/core/base";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KEY_ALGORITHMS, type KeyAlgorithm, operationOf } from "./algorithms.ts";
import type { Keystore } from "./keystore.ts";
import { encapsulateTo, verifySignature } from "./use.ts";

/** A keystore under test, of any kind. */
export interface KeystoreUnderTest {
  readonly store: Keystore;
  /** Opens the same keys again, as after a restart. */
  reopen(): Promise<Keystore>;
  dispose(): Promise<void>;
  /** Left out: all of them. */
  readonly algorithms?: readonly KeyAlgorithm[];
}

const DAY_US = 86_400_000_000;
// A keystore's own clock may be the system's.
const validity = { notBeforeUs: 0, notAfterUs: 200 * 366 * DAY_US };
const MESSAGE = utf8("message");

/** Runs the contract against the keystores `make` gives, one a test. */
export function describeKeystore(name: string, make: () => Promise<KeystoreUnderTest>): void {
  describe(`keystore: ${name}`, () => {
    let subject: KeystoreUnderTest;
    let store: Keystore;
    beforeEach(async () => {
      subject = await make();
      store = subject.store;
    });
    afterEach(() => subject.dispose());

    const some = (operation: string, ...wanted: KeyAlgorithm[]): KeyAlgorithm[] =>
      (subject.algorithms ?? KEY_ALGORITHMS).filter(
        (one) => operationOf(one) === operation && (wanted.length === 0 || wanted.includes(one)),
      );

    test("every signature algorithm signs, and what it signs verifies, also after a restart", async () => {
      for (const algorithm of some("sign")) {
        const { keyId } = await store.generate(algorithm, algorithm, validity);
        const key = store.list().find((one) => one.keyId === keyId);
        if (!key) throw new TypeError(`${algorithm}: the new key is not listed`);
        expect(key).toMatchObject({ algorithm, state: "active", label: algorithm });
        const signature = await store.sign(keyId, MESSAGE);
        expect(verifySignature(key, MESSAGE, signature), algorithm).toBe(true);
        expect(verifySignature(key, utf8("massage"), signature), algorithm).toBe(false);
        signature[10] = (signature[10] as number) ^ 1;
        expect(verifySignature(key, MESSAGE, signature), algorithm).toBe(false);
      }
      const again = await subject.reopen();
      for (const key of again.list().filter(({ algorithm }) => !algorithm.endsWith("128s")))
        expect(verifySignature(key, MESSAGE, await again.sign(key.keyId, MESSAGE)), key.algorithm).toBe(true);
      await again.close();
    });

    test("every KEM gives both sides the same secret, and a damaged ciphertext another one or none", async () => {
      for (const algorithm of some("decapsulate")) {
        const key = await store.generate(algorithm, "kem", validity);
        const { secret, ciphertext } = encapsulateTo(key);
        expect(secret).toHaveLength(32);
        expect(await store.decapsulate(key.keyId, ciphertext)).toEqual(secret);
        ciphertext[5] = (ciphertext[5] as number) ^ 1;
        expect(await store.decapsulate(key.keyId, ciphertext)).not.toEqual(secret);
        await expect(store.decapsulate(key.keyId, ciphertext.subarray(1))).rejects.toMatchObject({
          code: "SEAL_BROKEN",
        });
      }
    });

    test("a wrapped data key opens under the same key and context alone", async () => {
      for (const algorithm of some("wrap")) {
        const [one, two] = [
          await store.generate(algorithm, "one", validity),
          await store.generate(algorithm, "two", validity),
        ];
        const wrapped = await store.wrap(one.keyId, MESSAGE, "context");
        expect(await store.unwrap(one.keyId, wrapped, "context")).toEqual(MESSAGE);
        const broken = { code: "SEAL_BROKEN" };
        await expect(store.unwrap(two.keyId, wrapped, "context")).rejects.toMatchObject(broken);
        await expect(store.unwrap(one.keyId, wrapped, "contexT")).rejects.toMatchObject(broken);
        for (let at = 0; at < wrapped.length; at++) {
          const altered = wrapped.slice();
          altered[at] = (altered[at] as number) ^ 0x80;
          await expect(store.unwrap(one.keyId, altered, "context")).rejects.toMatchObject(broken);
        }
        for (const length of [0, 12, 27, 28, wrapped.length - 1])
          await expect(store.unwrap(one.keyId, wrapped.subarray(0, length), "context")).rejects.toMatchObject(
            broken,
          );
        await expect(store.wrap(one.keyId, new Uint8Array(5000), "c")).rejects.toMatchObject({
          code: "LIMIT_EXCEEDED",
        });
      }
    });

    test("a rotation gives successors; the old keys sign no more, but open what they wrapped", async () => {
      for (const algorithm of some("sign", "ed25519", "ecdsa-p256"))
        await store.generate(algorithm, "x", validity);
      for (const algorithm of some("wrap")) await store.generate(algorithm, "x", validity);
      const old = store.list().filter(({ label }) => label === "x");
      const wrapping = old.find(({ algorithm }) => operationOf(algorithm) === "wrap");
      const wrapped = wrapping && (await store.wrap(wrapping.keyId, MESSAGE, "c"));
      const pending = await store.prepare("x", validity);
      expect(await store.prepare("x", validity)).toEqual(pending);
      for (const { keyId, algorithm } of pending)
        if (operationOf(algorithm) === "sign")
          await expect(store.sign(keyId, MESSAGE)).rejects.toMatchObject({ code: "KEY_DISABLED" });
      await store.activate("x");
      const now = new Map(store.list().map((key) => [key.keyId, key]));
      for (const { keyId } of pending) expect(now.get(keyId)).toMatchObject({ state: "active" });
      for (const { keyId, algorithm } of old) {
        expect(now.get(keyId)).toMatchObject({ state: "retired", endedAt: expect.any(String) });
        if (operationOf(algorithm) === "sign")
          await expect(store.sign(keyId, MESSAGE)).rejects.toMatchObject({ code: "KEY_DISABLED" });
      }
      if (!wrapping || !wrapped) return;
      await expect(store.wrap(wrapping.keyId, MESSAGE, "c")).rejects.toMatchObject({ code: "KEY_DISABLED" });
      expect(await store.unwrap(wrapping.keyId, wrapped, "c")).toEqual(MESSAGE);
      await store.disable(wrapping.keyId);
      await expect(store.unwrap(wrapping.keyId, wrapped, "c")).rejects.toMatchObject({
        code: "KEY_DISABLED",
      });
    });

    test("a key does what its algorithm is for and nothing else, and only while it is valid", async () => {
      const [signing] = some("sign");
      if (!signing) return;
      const key = await store.generate(signing, "y", validity);
      await expect(store.wrap(key.keyId, MESSAGE, "c")).rejects.toMatchObject({ code: "KEY_REFUSED" });
      await expect(store.decapsulate(key.keyId, MESSAGE)).rejects.toMatchObject({ code: "KEY_REFUSED" });
      const past = await store.generate(signing, "past", { notBeforeUs: 0, notAfterUs: DAY_US });
      await expect(store.sign(past.keyId, MESSAGE)).rejects.toMatchObject({ code: "KEY_EXPIRED" });
      await store.disable(key.keyId);
      await expect(store.sign(key.keyId, MESSAGE)).rejects.toMatchObject({ code: "KEY_DISABLED" });
      await expect(store.disable("sha256:00")).rejects.toMatchObject({ code: "KEY_UNKNOWN" });
      await expect(store.prepare("nobody", validity)).rejects.toMatchObject({ code: "KEY_UNKNOWN" });
    });

    test("what is refused is an error of the table", async () => {
      const error = await store.sign("sha256:00", MESSAGE).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ArqonError);
      expect((error as ArqonError).code).toBe("KEY_UNKNOWN");
    });
  });
}
