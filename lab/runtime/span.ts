/** Where the time of an execution went: one span a duty of the door. */
import { type Clock, type Json, type JsonObject, sha256Hex, utf8 } from "@arqon/core/base";

/** The duties of the door, in the order in which it does them. */
export const DUTIES = ["authorise", "validate", "inject", "permit", "plugin", "record", "telemetry"] as const;
/** One duty of the door. */
export type Duty = (typeof DUTIES)[number];

/** One timed step. */
export interface Span {
  readonly name: string;
  readonly startUnixUs: number;
  readonly durationMs: number;
  readonly ok: boolean;
}

/** Collects spans by a clock that is passed in. */
export class Trail {
  readonly spans: Span[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Times a call; a rejection is recorded and passed on. */
  async span<T>(name: string, call: () => T | Promise<T>): Promise<T> {
    const startUnixUs = this.#clock.nowUs();
    const startMs = this.#clock.monotonicMs();
    let ok = false;
    try {
      const value = await call();
      ok = true;
      return value;
    } finally {
      this.spans.push({ name, startUnixUs, durationMs: this.#clock.monotonicMs() - startMs, ok });
    }
  }
}

/** What ties a span to its trace and to what it was about. */
export interface SpanScope {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits, or empty for a root. */
  readonly parentSpanId: string;
  readonly executionId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A span in the JSON form of OTLP (times as nanosecond strings, attributes as key/value pairs). */
export function otlpSpan(span: Span, scope: SpanScope): JsonObject {
  const startUs = BigInt(Math.round(span.startUnixUs));
  const endUs = startUs + BigInt(Math.round(span.durationMs * 1000));
  const attributes: Json = Object.entries({ "arqon.execution": scope.executionId, ...scope.attributes })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, stringValue]) => ({ key, value: { stringValue } }));
  return {
    attributes,
    endTimeUnixNano: `${endUs * 1000n}`,
    kind: 1,
    name: span.name,
    parentSpanId: scope.parentSpanId,
    spanId: sha256Hex(utf8(`arqon.span.v1\n${scope.executionId}\n${span.name}`)).slice(0, 16),
    startTimeUnixNano: `${startUs * 1000n}`,
    status: { code: span.ok ? 1 : 2 },
    traceId: scope.traceId,
  };
}
