/** What the bus did with traced messages, seen by a subscriber of its own and written as spans; none of it runs when tracing is off. */
import {
  type ArqonError,
  beginSpan,
  type Clock,
  type Entropy,
  readTraceParent,
  SPAN_KIND,
  type SpanSink,
  type TraceContext,
  type TraceSpan,
} from "@arqon/core/base";
import { JobResultSchema, JobStateSchema, JobStatus, MessageType, payloadOf } from "@arqon/core/wire";
import { connect, type Message } from "@arqon/sdk";

/** The topic on which the bus counts the attempts of jobs. */
const LEASED = "sys.job.leased";
/** Unfinished jobs that are remembered; of more, the oldest have no spans. */
const KEPT_JOBS = 4_096;

interface OpenJob {
  readonly place: TraceContext;
  readonly parentSpanId: string;
  readonly topic: string;
  readonly startUnixUs: number;
  /** When it last began to wait. */
  waitsUnixUs: number;
}

/** Where the tracer listens, and what it makes spans with. */
export interface TracerOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly reality: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly sink: SpanSink;
  readonly onError: (error: ArqonError) => void;
}

/** Follows what is published on a Reality. Resolves with the way to stop, once it listens. */
export async function startTracer(options: TracerOptions): Promise<() => Promise<void>> {
  const { url, apiKey, reality, onError } = options;
  const client = await connect({ url, apiKey, reality, client: "arqon-tracer", onError });
  const spans = new BusSpans(options);
  const all = await client.subscribe(">");
  void (async () => {
    for await (const message of all) spans.take(message);
  })().catch(() => {});
  return () => client.close();
}

/** Turns messages into spans. */
export class BusSpans {
  readonly #jobs = new Map<string, OpenJob>();
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #sink: SpanSink;

  constructor({ clock, entropy, sink }: Pick<TracerOptions, "clock" | "entropy" | "sink">) {
    this.#clock = clock;
    this.#entropy = entropy;
    this.#sink = sink;
  }

  take({ envelope }: Pick<Message, "envelope">): void {
    const { topic, type, id } = envelope;
    const atUs = Number(envelope.timestampUnixUs);
    if (topic === LEASED) {
      const { jobId, attempt } = payloadOf(envelope, JobStateSchema);
      this.#leased(jobId, attempt, atUs);
      return;
    }
    if (type === MessageType.JOB_RESULT) {
      this.#ended(envelope, atUs);
      return;
    }
    const parent = readTraceParent(envelope.traceContext["traceparent"]);
    if (parent === undefined) return;
    const place = beginSpan(parent, this.#entropy);
    const parentSpanId = parent.spanId;
    if (type === MessageType.JOB) {
      this.#jobs.set(id, { place, parentSpanId, topic, startUnixUs: atUs, waitsUnixUs: atUs });
      for (const oldest of this.#jobs.keys()) {
        if (this.#jobs.size <= KEPT_JOBS) break;
        this.#jobs.delete(oldest);
      }
      return;
    }
    this.#span(place, parentSpanId, `deliver ${topic}`, atUs, this.#clock.nowUs(), true, {
      "messaging.destination.name": topic,
      "messaging.message.id": id,
      "arqonbus.sequence": Number(envelope.sequence),
    });
  }

  #leased(jobId: string, attempt: number, atUs: number): void {
    const job = this.#jobs.get(jobId);
    if (job === undefined) return;
    const place = beginSpan(job.place, this.#entropy);
    this.#span(place, job.place.spanId, `lease ${job.topic}`, job.waitsUnixUs, atUs, true, {
      "messaging.message.id": jobId,
      "arqonbus.attempt": attempt,
    });
    job.waitsUnixUs = atUs;
  }

  #ended(envelope: Message["envelope"], atUs: number): void {
    const { jobId, status } = payloadOf(envelope, JobResultSchema);
    const job = this.#jobs.get(jobId);
    if (job === undefined) return;
    this.#jobs.delete(jobId);
    const ok = status === JobStatus.SUCCEEDED;
    this.#span(job.place, job.parentSpanId, `job ${job.topic}`, job.startUnixUs, atUs, ok, {
      "messaging.destination.name": job.topic,
      "messaging.message.id": jobId,
    });
  }

  #span(
    place: TraceContext,
    parentSpanId: string,
    name: string,
    startUnixUs: number,
    endUnixUs: number,
    ok: boolean,
    attributes: TraceSpan["attributes"],
  ): void {
    const { internal: kind } = SPAN_KIND;
    const system = { "messaging.system": "arqonbus" };
    this.#sink({
      ...place,
      parentSpanId,
      name,
      kind,
      startUnixUs,
      endUnixUs,
      ok,
      attributes: { ...system, ...attributes },
    });
  }
}
