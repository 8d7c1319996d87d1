import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { newHome } from "./cli.ts";

const BELL = resolve(import.meta.dirname, "../../examples/bell.qasm");

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly service: string;
}

interface Line {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly { readonly value: { readonly stringValue: string } }[];
    };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

/** Every span of a file, with the service that wrote it. */
function spansOf(path: string): Span[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .flatMap((line) =>
      (JSON.parse(line) as Line).resourceSpans.flatMap(({ resource, scopeSpans }) =>
        scopeSpans.flatMap(({ spans }) =>
          spans.map((span) => ({ ...span, service: resource.attributes[0]?.value.stringValue ?? "" })),
        ),
      ),
    );
}

describe("a traced job", () => {
  test("is one trace from the client over scheduler and operator to the seal, each below what caused it", async () => {
    using home = newHome();
    const path = home.file("spans.jsonl");
    const ran = await home.arqon(["run", BELL, "--shots", "100", "--json"], { ARQON_OTLP_FILE: path });
    expect(ran.code, ran.stderr).toBe(0);
    const spans = spansOf(path);
    const one = (service: string, name: string): Span => {
      const found = spans.filter((span) => span.service === service && span.name.startsWith(name));
      expect(found.length, `${service}: ${name} among ${spans.map((span) => span.name)}`).toBeGreaterThan(0);
      return found[0] as Span;
    };

    const sent = one("arqon-cli", "send quantum.jobs");
    const scheduled = one("arqon-scheduler", "process quantum.jobs");
    const executed = one("arqon-quantum", "process backend.");
    const sealed = one("arqon-quantum", "seal");
    expect(sent).toMatchObject({ kind: 4 });
    expect(sent.parentSpanId).toBeUndefined();
    expect(scheduled).toMatchObject({ kind: 5, parentSpanId: sent.spanId });
    expect(executed).toMatchObject({ kind: 5, parentSpanId: scheduled.spanId });
    expect(sealed.parentSpanId).toBe(executed.spanId);
    expect(one("arqon-quantum", "execute").parentSpanId).toBe(executed.spanId);

    // What the bus did lies beside what its clients did, in the same trace.
    expect(one("arqon-bus", "job quantum.jobs").parentSpanId).toBe(sent.spanId);
    const bound = one("arqon-bus", "job backend.");
    expect(bound.parentSpanId).toBe(scheduled.spanId);
    expect(
      spans.some(
        ({ name, parentSpanId }) => name.startsWith("lease backend.") && parentSpanId === bound.spanId,
      ),
    ).toBe(true);

    expect(spans.filter(({ name }) => name === "seal")).toHaveLength(1);
    expect(spans.filter(({ name }) => name === "lease quantum.jobs")).toHaveLength(1);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([sent.traceId]));
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    const ids = new Set(spans.map(({ spanId }) => spanId));
    for (const span of spans) {
      if (span !== sent) expect(ids, span.name).toContain(span.parentSpanId);
      expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
    }

    const { artifactId } = ran.json<{ artifactId: string }>();
    const exported = await home.arqon(["export", artifactId, home.file("run.zip")]);
    expect(exported.code, exported.stderr).toBe(0);
    expect(readFileSync(home.file("run.zip")).includes(sent.traceId)).toBe(true);
  });

  test("leaves no file and no context where nobody asked", async () => {
    using home = newHome();
    const ran = await home.arqon(["run", BELL, "--shots", "10", "--json"]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(() => readFileSync(home.file("spans.jsonl"))).toThrow();
  });
});
