/** W3C Trace Context and the JSON form of OTLP: how a message says to which trace it belongs, and what a span looks like in a file. */
import { toHex } from "./bytes.ts";
import { canonicalJson, type Json, type JsonObject } from "./json.ts";
import type { Entropy } from "./system.ts";

/** Place in a trace. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

/** What a span is to the message it is about; numbers of OTLP. */
export const SPAN_KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

/** One finished step of a trace. */
export interface TraceSpan extends TraceContext {
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: (typeof SPAN_KIND)[keyof typeof SPAN_KIND];
  readonly startUnixUs: number;
  readonly endUnixUs: number;
  readonly ok: boolean;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Takes finished spans. */
export type SpanSink = (span: TraceSpan) => void;

const TRACE_PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const NO_TRACE = /^0+$/;

/** The place that a `traceparent` names; `undefined` when it names none. */
export function readTraceParent(text: string | undefined): TraceContext | undefined {
  const [, traceId, spanId] = TRACE_PARENT.exec(text ?? "") ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return NO_TRACE.test(traceId) || NO_TRACE.test(spanId) ? undefined : { traceId, spanId };
}

/** The `traceparent` of a place, sampled. */
export function traceParent({ traceId, spanId }: TraceContext): string {
  return `00-${traceId}-${spanId}-01`;
}

/** A new place: below `parent`, or at the root of a new trace. */
export function beginSpan(parent: TraceContext | undefined, entropy: Entropy): TraceContext {
  return { traceId: parent?.traceId ?? toHex(entropy(16)), spanId: toHex(entropy(8)) };
}

/** One line of an OTLP/JSON file: a `TracesData` with one resource. */
export function otlpLine(service: string, spans: readonly TraceSpan[]): string {
  const resource = { attributes: [{ key: "service.name", value: { stringValue: service } }] };
  const scopeSpans = [{ scope: { name: "arqon" }, spans: spans.map(otlpJson) }];
  return `${canonicalJson({ resourceSpans: [{ resource, scopeSpans }] })}\n`;
}

function otlpJson(span: TraceSpan): JsonObject {
  const { traceId, spanId, parentSpanId, name, kind, ok } = span;
  const attributes: Json = Object.entries(span.attributes).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value },
  }));
  return {
    traceId,
    spanId,
    ...(parentSpanId !== "" && { parentSpanId }),
    name,
    kind,
    startTimeUnixNano: nanos(span.startUnixUs),
    endTimeUnixNano: nanos(Math.max(span.startUnixUs, span.endUnixUs)),
    attributes,
    status: { code: ok ? 1 : 2 },
  };
}

const nanos = (unixUs: number): string => `${BigInt(Math.round(unixUs)) * 1000n}`;
