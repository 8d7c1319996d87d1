import { expect, test } from "vitest";
import { beginSpan, otlpLine, readTraceParent, SPAN_KIND, traceParent } from "./trace.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

test("a traceparent names a place, and what is none is none", () => {
  expect(readTraceParent(`00-${TRACE}-${SPAN}-01`)).toEqual({ traceId: TRACE, spanId: SPAN });
  for (const text of [
    undefined,
    "",
    "x",
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `01-${TRACE}-${SPAN}-01`,
  ])
    expect(readTraceParent(text)).toBeUndefined();
  expect(readTraceParent(traceParent({ traceId: TRACE, spanId: SPAN }))).toEqual({
    traceId: TRACE,
    spanId: SPAN,
  });
});

test("a span below another keeps its trace; a root begins one", () => {
  let next = 0;
  const entropy = (bytes: number): Uint8Array<ArrayBuffer> => new Uint8Array(bytes).fill(++next);
  expect(beginSpan({ traceId: TRACE, spanId: SPAN }, entropy)).toEqual({
    traceId: TRACE,
    spanId: "01".repeat(8),
  });
  expect(beginSpan(undefined, entropy)).toEqual({ traceId: "02".repeat(16), spanId: "03".repeat(8) });
});

test("a line is a TracesData of OTLP: ids as hexadecimal, times as strings of nanoseconds", () => {
  const line = otlpLine("bus", [
    {
      traceId: TRACE,
      spanId: SPAN,
      parentSpanId: "",
      name: "send lab.jobs",
      kind: SPAN_KIND.producer,
      startUnixUs: 1_700_000_000_000_001,
      endUnixUs: 1_700_000_000_000_003,
      ok: true,
      attributes: { "messaging.system": "arqonbus", "messaging.message.body.size": 7 },
    },
  ]);
  expect(line.endsWith("}\n")).toBe(true);
  expect(JSON.parse(line).resourceSpans[0].scopeSpans[0].spans[0]).toEqual({
    traceId: TRACE,
    spanId: SPAN,
    name: "send lab.jobs",
    kind: 4,
    startTimeUnixNano: "1700000000000001000",
    endTimeUnixNano: "1700000000000003000",
    attributes: [
      { key: "messaging.system", value: { stringValue: "arqonbus" } },
      { key: "messaging.message.body.size", value: { intValue: "7" } },
    ],
    status: { code: 1 },
  });
});
