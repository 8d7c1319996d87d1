/** A handler whose attempts are spans: a consumer of the message that brought the job, with its hops below. */
import {
  beginSpan,
  type Clock,
  type Entropy,
  readTraceParent,
  SPAN_KIND,
  type SpanSink,
  type TraceSpan,
  traceParent,
} from "@arqon/core/base";
import type { Handler, Outcome, Work } from "./work.ts";

/** What spans are made with. */
export interface Tracing {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly sink: SpanSink;
}

/**
 * Makes a span of every attempt and hands the work on with that span in its trace context, so that what the handler
 * publishes, and what it seals, lies below. Work outside any trace begins one.
 */
export function traced(handler: Handler, { clock, entropy, sink }: Tracing): Handler {
  return async (work, context) => {
    const parent = readTraceParent(work.trace?.["traceparent"]);
    const place = beginSpan(parent, entropy);
    const startUnixUs = clock.nowUs();
    const trace = { ...work.trace, traceparent: traceParent(place) };
    let outcome: Outcome | undefined;
    try {
      outcome = await handler({ ...work, trace }, context);
      return outcome;
    } finally {
      const base = { ...place, parentSpanId: parent?.spanId ?? "", attributes: attributesOf(work) };
      for (const { name, startMs, durationMs, isAdopted } of outcome?.hops ?? []) {
        if (isAdopted) continue;
        sink({
          ...base,
          ...beginSpan(place, entropy),
          parentSpanId: place.spanId,
          name,
          kind: SPAN_KIND.internal,
          startUnixUs: startUnixUs + startMs * 1_000,
          endUnixUs: startUnixUs + (startMs + durationMs) * 1_000,
          ok: true,
        } satisfies TraceSpan);
      }
      sink({
        ...base,
        name: `process ${work.topic}`,
        kind: SPAN_KIND.consumer,
        startUnixUs,
        endUnixUs: clock.nowUs(),
        ok: outcome !== undefined && outcome.error === undefined,
      });
    }
  };
}

function attributesOf({ id, topic, attempt }: Work): TraceSpan["attributes"] {
  return {
    "messaging.system": "arqonbus",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.destination.name": topic,
    "messaging.message.id": id,
    "arqonbus.attempt": attempt,
  };
}
