import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ArqonError,
  canonicalJson,
  compareBytes,
  concatBytes,
  createRandom,
  deriveUuid,
  equalBytes,
  formatBytes,
  formatCount,
  formatDuration,
  formatSeed,
  fromBase64,
  fromHex,
  fromUtf8,
  isUuidv7,
  type Json,
  ManualTime,
  parseCanonicalJson,
  parseJson,
  parseSeed,
  philox4x32,
  sha256Hex,
  toBase64,
  toHex,
  utf8,
  uuidv7Generator,
} from "./index.ts";

const code = (call: () => unknown): string => {
  try {
    call();
  } catch (thrown) {
    return ArqonError.from(thrown).code;
  }
  return "none";
};

describe("errors", () => {
  test("an error carries the remedy of its row and is recognised by shape", () => {
    const error = new ArqonError("TOPIC_INVALID", '"a": too short', { details: { tokens: 1 } });
    expect(error.remedy).toContain("dot-separated");
    expect(error.kind.exit).toBe(2);
    const foreign = Object.assign(new Error("x"), { name: "ArqonError", code: "INTERNAL" });
    expect(foreign instanceof ArqonError).toBe(true);
    expect(new Error("x") instanceof ArqonError).toBe(false);
  });

  test("anything thrown can be wrapped, and an ArqonError stays itself", () => {
    const error = new ArqonError("USAGE", "x");
    expect(ArqonError.from(error)).toBe(error);
    expect(ArqonError.from("boom").message).toBe("boom");
    expect(ArqonError.from(new RangeError("r")).code).toBe("INTERNAL");
  });
});

describe("bytes", () => {
  test("hexadecimal and base64 round-trip, and only their canonical forms are read", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(equalBytes(fromHex(toHex(bytes)), bytes)).toBe(true);
        expect(equalBytes(fromBase64(toBase64(bytes)), bytes)).toBe(true);
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
      }),
    );
    for (const text of ["AA", "AB==", "A A=", "====", "AAA"])
      expect(() => fromBase64(text), text).toThrow(TypeError);
    for (const text of ["0", "0g", "0x00"]) expect(() => fromHex(text), text).toThrow(TypeError);
  });

  test("order of bytes agrees with Buffer.compare", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect([...concatBytes(a, b)]).toEqual([...a, ...b]);
      }),
    );
  });

  test("bytes that are not UTF-8 are refused", () => {
    expect(() => fromUtf8(Uint8Array.of(0xc3, 0x28))).toThrow(TypeError);
    expect(fromUtf8(utf8("ψ⟩"))).toBe("ψ⟩");
  });

  test("SHA-256 gives the published digest of 'abc'", () => {
    expect(sha256Hex(utf8("abc"))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(sha256Hex(utf8("a"), utf8("bc"))).toBe(sha256Hex(utf8("abc")));
  });
});

describe("figures", () => {
  test("sizes and durations keep three digits and a unit, however large", () => {
    expect([0, 1023, 1536, 2 ** 30, 2.5e19].map(formatBytes)).toEqual([
      "0 B",
      "1023 B",
      "1.5 KiB",
      "1.0 GiB",
      "21.7 EiB",
    ]);
    expect(formatBytes(2 ** 204)).toBe("about 3·10^61 bytes");
    expect([0.0004, 0.5, 12.34, 1500, 90_000, 8_640_000, 1e9].map(formatDuration)).toEqual([
      "0.4 µs",
      "500 µs",
      "12.3 ms",
      "1.5 s",
      "1.5 min",
      "2.4 h",
      "11.6 days",
    ]);
    expect(formatDuration(5.9e56)).toBe("about 2·10^46 years");
    expect([formatCount(1, "qubit"), formatCount(0, "shot")]).toEqual(["1 qubit", "0 shots"]);
  });
});

describe("canonical JSON", () => {
  test("keys are sorted by UTF-16 code units and numbers written as ECMAScript does", () => {
    expect(canonicalJson({ b: 1e21, a: [1.0, -0, 0.1], "€": "\u0007", "\r": null })).toBe(
      '{"\\r":null,"a":[1,0,0.1],"b":1e+21,"€":"\\u0007"}',
    );
  });

  test("what JSON cannot hold is refused with its path", () => {
    expect(() => canonicalJson({ a: { b: Number.NaN } })).toThrow("/a/b");
    expect(code(() => canonicalJson({ a: undefined } as unknown as Json))).toBe("JSON_INVALID");
    expect(code(() => canonicalJson({ a: 1n } as unknown as Json))).toBe("JSON_INVALID");
    expect(code(() => canonicalJson("\ud800"))).toBe("JSON_INVALID");
    expect(code(() => canonicalJson(new Map() as unknown as Json))).toBe("JSON_INVALID");
    expect(() => canonicalJson({ a: { b: ["", "\udfff"] } })).toThrow("/a/b/1");
    expect(() => canonicalJson({ a: { "\udbff": 1 } })).toThrow("/a");
    expect(canonicalJson({ "\\ud800": "\\udfff" })).toBe('{"\\\\ud800":"\\\\udfff"}');
  });

  test("128 objects in one another are written, and one more is refused, in order or not", () => {
    const nested = (depth: number, rest: Json): Json => (depth === 0 ? rest : { a: nested(depth - 1, rest) });
    for (const rest of [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ]) {
      expect(canonicalJson(nested(127, rest))).toContain('{"a":1,"b":2}');
      expect(code(() => canonicalJson(nested(128, rest)))).toBe("JSON_INVALID");
    }
  });

  test("bytes that are not canonical are refused: duplicate keys, spaces, rounded integers, order", () => {
    for (const text of ['{ "a":1}', '{"a":9007199254740993}', '{"b":1,"a":2}', '"\\u0041"', "1.0"])
      expect(
        code(() => parseCanonicalJson(utf8(text), "test")),
        text,
      ).toBe("JSON_INVALID");
    for (const text of [
      '{"a":1,"a":2}',
      '{"a":1,"\\u0061":2}',
      '[{"a":{"b":[{"c":1,"c":1}]}}]',
      "[NaN]",
      '{"a":-Infinity}',
    ])
      expect(
        code(() => parseCanonicalJson(utf8(text), "test")),
        text,
      ).toBe("JSON_AMBIGUOUS");
    for (const text of ['["NaN",]', '[{"a":1},{"a":1},]', '{"b":{"a":1},"a":"\\"a\\":"}', "[nan]"])
      expect(
        code(() => parseCanonicalJson(utf8(text), "test")),
        text,
      ).toBe("JSON_INVALID");
    const many = new Uint8Array(2 ** 24 + 3).fill(0x2c);
    expect(code(() => parseCanonicalJson(many, "test"))).toBe("LIMIT_EXCEEDED");
    expect(parseCanonicalJson(utf8('{"a":1,"b":[true]}\n'), "test")).toEqual({ a: 1, b: [true] });
  });

  test("a key given twice is refused however else the text is written", () => {
    for (const text of ['{ "a": 1, "a": 1 }', '[{"b":[{"a":{}, "\\u0061":2}]}]', '{"":0,"":1}'])
      expect(
        code(() => parseJson(text, "test")),
        text,
      ).toBe("JSON_AMBIGUOUS");
    const text = '{ "b": {"a":"\\"a\\":"}, "a": ["a", {"a":1}, {"a":2}] }';
    expect(parseJson(text, "test")).toEqual({ a: ["a", { a: 1 }, { a: 2 }], b: { a: '"a":' } });
  });

  test("the text is that of the reference implementation, whatever the keys are", () => {
    const key = fc.oneof(
      fc.string(),
      fc.constantFrom("__proto__", "0", "10", "2", "00", "b", "a", "\u{1f600}", "\ufb33"),
    );
    const { json } = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(
        { depthSize: "medium" },
        fc.constantFrom(null, true, false, -0, 1e21, 5e-324),
        fc.string(),
        fc.integer(),
        fc.array(tie("json")),
        fc.dictionary(key, tie("json")),
      ),
    }));
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: 1000 },
    );
  });

  test("every value survives the round trip", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = canonicalJson(value as Json);
        expect(canonicalJson(parseCanonicalJson(utf8(text), "x"))).toBe(text);
      }),
    );
  });
});

describe("ids", () => {
  test("UUIDv7s sort in the order they were made, also when the clock stands still or goes back", () => {
    let nowUs = 1_767_225_600_000_000;
    const clock = { nowUs: () => nowUs, monotonicMs: () => 0 };
    const random = createRandom(7n);
    const next = uuidv7Generator(clock, (n) => Uint8Array.from({ length: n }, () => random.nextInt(256)));
    const ids: string[] = [];
    for (let i = 0; i < 10_000; i++) {
      if (i === 5000) nowUs -= 5_000_000;
      if (i % 3000 === 0) nowUs += 1000;
      ids.push(next());
    }
    expect(ids.every(isUuidv7)).toBe(true);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("a derived id depends on parent and label only, and keeps the parent's time", () => {
    const parent = "019b76da-a800-7000-8000-000000000001";
    expect(deriveUuid(parent, "bound")).toBe(deriveUuid(parent, "bound"));
    expect(deriveUuid(parent, "bound")).not.toBe(deriveUuid(parent, "seal"));
    expect(deriveUuid(parent, "bound").slice(0, 13)).toBe(parent.slice(0, 13));
    expect(isUuidv7(deriveUuid(parent, "bound"))).toBe(true);
    expect(code(() => deriveUuid("no", "x"))).toBe("UUID_INVALID");
  });
});

describe("randomness", () => {
  test("Philox gives the published known answers", () => {
    const answer = (counter: number[], k0: number, k1: number): string[] => {
      const out = new Uint32Array(4);
      philox4x32(Uint32Array.from(counter), k0, k1, out);
      return [...out].map((word) => word.toString(16).padStart(8, "0"));
    };
    expect(answer([0, 0, 0, 0], 0, 0)).toEqual(["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]);
    const f = 0xffffffff;
    expect(answer([f, f, f, f], f, f)).toEqual(["408f276d", "41c83b0e", "a20bc7c6", "6d5451fd"]);
    expect(answer([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], 0xa4093822, 0x299f31d0)).toEqual([
      "d16cfe09",
      "94fdcceb",
      "5001e420",
      "24126ea1",
    ]);
  });

  test("streams of one seed differ, equal seeds agree, doubles lie in [0, 1)", () => {
    const a = createRandom(42n);
    const b = createRandom(42n);
    const c = createRandom(42n, 1n);
    const first = Array.from({ length: 1000 }, () => a.nextDouble());
    expect(Array.from({ length: 1000 }, () => b.nextDouble())).toEqual(first);
    expect(Array.from({ length: 1000 }, () => c.nextDouble())).not.toEqual(first);
    expect(first.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(Math.abs(first.reduce((s, x) => s + x) / 1000 - 0.5)).toBeLessThan(0.03);
  });

  test("seeds are read in two forms and written in one", () => {
    expect(parseSeed("42")).toBe(42n);
    expect(parseSeed("0xFFFFFFFFFFFFFFFF")).toBe(2n ** 64n - 1n);
    for (const text of ["", "-1", "1.5", "0x", "18446744073709551616", "99999999999999999999", "0x1g"])
      expect(parseSeed(text), text).toBeUndefined();
    fc.assert(fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (seed) => parseSeed(formatSeed(seed)) === seed));
  });
});

describe("manual time", () => {
  test("calls fall due in order of their time, nested ones included, and can be cancelled", () => {
    const time = new ManualTime();
    const seen: string[] = [];
    time.after(20, () => seen.push("b"));
    time.after(10, () => {
      seen.push("a");
      time.after(5, () => seen.push("nested"));
    });
    const cancel = time.after(15, () => seen.push("never"));
    cancel();
    expect(time.nextDueMs()).toBe(10);
    time.advance(20);
    expect(seen).toEqual(["a", "nested", "b"]);
    expect(time.monotonicMs()).toBe(20);
    expect(time.nextDueMs()).toBeUndefined();
  });
});
