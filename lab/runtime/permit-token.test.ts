import { createRandom, ManualTime } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PermitVerifier, signPermit } from "./permit-token.ts";

const KEY = new Uint8Array(32).fill(7);
const SHA = "ab".repeat(32);
const CLAIMS = { operationId: "job/0", operationSha256: SHA, backendId: "lab-1" };

function setUp() {
  const clock = new ManualTime();
  const random = createRandom(1n);
  const entropy = (n: number) => Uint8Array.from({ length: n }, () => random.nextInt(256));
  return {
    clock,
    issue: (lifetimeMs = 1000, key = KEY) => signPermit(key, CLAIMS, lifetimeMs, { clock, entropy }),
    verifier: new PermitVerifier(KEY, "lab-1", clock),
  };
}

describe("the permit of another process", () => {
  test("opens the door once", () => {
    const { issue, verifier } = setUp();
    const text = issue();
    expect(verifier.redeem(text, SHA)).toMatchObject(CLAIMS);
    expect(() => verifier.redeem(text, SHA)).toThrow("used before");
    expect(verifier.redeem(issue(), SHA)).toMatchObject(CLAIMS);
  });

  test("expires, and its nonce is then forgotten but still refused", () => {
    const { clock, issue, verifier } = setUp();
    const [late, used] = [issue(), issue()];
    verifier.redeem(used, SHA);
    clock.advance(1000);
    expect(() => verifier.redeem(late, SHA)).toThrow("expired");
    expect(() => verifier.redeem(used, SHA)).toThrow("expired");
  });

  test("is for one key, one backend and one operation", () => {
    const { clock, issue, verifier } = setUp();
    expect(() => verifier.redeem(issue(1000, new Uint8Array(32)), SHA)).toThrow("did not make it");
    expect(() => new PermitVerifier(KEY, "lab-2", clock).redeem(issue(), SHA)).toThrow("not lab-2");
    expect(() => verifier.redeem(issue(), "cd".repeat(32))).toThrow("another operation");
    expect(() =>
      signPermit(new Uint8Array(16), CLAIMS, 1, { clock, entropy: () => new Uint8Array(16) }),
    ).toThrow(TypeError);
  });

  test("no change of a single character is accepted", () => {
    const { issue, verifier } = setUp();
    const text = issue(1e9);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, char) => {
        fc.pre(text[at] !== char);
        const altered = text.slice(0, at) + char + text.slice(at + 1);
        expect(() => verifier.redeem(altered, SHA)).toThrow(
          expect.objectContaining({ code: "PERMIT_INVALID" }),
        );
      }),
    );
    expect(verifier.redeem(text, SHA)).toMatchObject(CLAIMS);
  });

  test("no text at all is accepted by chance", () => {
    const { verifier } = setUp();
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const attempt of [text, `apt1.${text}`, `apt1.${text}.${text}`])
          expect(() => verifier.redeem(attempt, SHA)).toThrow(
            expect.objectContaining({ code: "PERMIT_INVALID" }),
          );
      }),
    );
  });
});
