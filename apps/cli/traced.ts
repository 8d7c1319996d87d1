/** Commands as the beginning of a trace: with ARQON_OTLP_FILE, the span of a client that sends. */
import {
  type ArqonError,
  beginSpan,
  SPAN_KIND,
  systemClock,
  systemEntropy,
  traceParent,
} from "@arqon/core/base";
import type { Terminal } from "./terminal.ts";

/** Sends under a span of its own; `trace` is the context for what is sent, and is left out when nothing is traced. */
export async function tracedSend<T>(
  terminal: Terminal,
  topic: string,
  send: (trace: Readonly<Record<string, string>> | undefined) => Promise<T>,
): Promise<T> {
  const path = terminal.env["ARQON_OTLP_FILE"];
  if (!path) return send(undefined);
  const place = beginSpan(undefined, systemEntropy);
  const startUnixUs = systemClock.nowUs();
  let ok = false;
  try {
    const sent = await send({ traceparent: traceParent(place) });
    ok = true;
    return sent;
  } finally {
    const { spanFile } = await import("@arqon/lab/operators");
    const sink = spanFile(path, "arqon-cli", (error: ArqonError) => terminal.note(`spans: ${error.message}`));
    sink({
      ...place,
      parentSpanId: "",
      name: `send ${topic}`,
      kind: SPAN_KIND.producer,
      startUnixUs,
      endUnixUs: systemClock.nowUs(),
      ok,
      attributes: {
        "messaging.system": "arqonbus",
        "messaging.operation.name": "publish",
        "messaging.operation.type": "send",
        "messaging.destination.name": topic,
      },
    });
  }
}
