/** Everything that is counted, as Prometheus reads it. Labels are bounded: never an id, a topic or a principal. */
import { Exposition, type Sample } from "./exposition.ts";
import type { Meter, Traffic } from "./meter.ts";
import { TOPIC_CLASSES } from "./topic-class.ts";

/** The media type of {@link metricsPage}. */
export const METRICS_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** One Reality at the moment of reading. */
export interface RealityReading {
  readonly reality: string;
  readonly lastSequence: number;
  readonly published: number;
  readonly delivered: number;
  readonly duplicates: number;
  readonly subscriptions: number;
  /** Jobs by the name of their state. */
  readonly jobs: Readonly<Record<string, number>>;
}

/** A bus at the moment of reading. */
export interface BusReading {
  /** Connections by role. */
  readonly roles: Readonly<Record<string, number>>;
  /** Connections with TLS by their key exchange; those without have none. */
  readonly keyExchanges: Readonly<Record<string, number>>;
  /** Operators by the type they give themselves; see {@link boundedTypes}. */
  readonly operatorTypes: Readonly<Record<string, number>>;
  /** Messages left out, over the open connections. */
  readonly dropped: number;
  readonly auditLost: number;
  /** Names of all states a job can be in. */
  readonly jobStates: readonly string[];
  readonly realities: readonly RealityReading[];
}

/** Types of operators that have a label of their own; all others together are "other". */
const MOST_TYPES = 24;
const TYPE = /^[a-z][a-z0-9-]{0,31}$/;

/** Counts types that clients chose freely, as labels of which there cannot be many. */
export function boundedTypes(types: Iterable<string>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const type of types) {
    const hasOwn = TYPE.test(type) && (counts.has(type) || counts.size < MOST_TYPES);
    const label = hasOwn ? type : "other";
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

/** The page. */
export function metricsPage(meter: Meter, bus: BusReading): string {
  const page = new Exposition();
  const { realities, roles } = bus;
  const each = (count: (reality: RealityReading) => number): Sample[] =>
    realities.map((one) => [{ reality: one.reality }, count(one)]);
  const jobs = (state: string): number => realities.reduce((sum, one) => sum + (one.jobs[state] ?? 0), 0);
  const ended = (code: string): Sample[] => [[{}, meter.refusals.get(code) ?? 0]];

  page.gauge("arqonbus_connections", "Open connections.", byLabel("role", roles));
  page.gauge(
    "arqonbus_tls_connections",
    "Open connections with TLS, by key exchange.",
    byLabel("group", bus.keyExchanges),
  );
  page.gauge(
    "arqonbus_operators",
    "Connected operators by the type they give themselves.",
    byLabel("operator_type", bus.operatorTypes),
  );
  page.gauge(
    "arqonbus_subscriptions",
    "Subscriptions without those that lease jobs.",
    each((one) => one.subscriptions),
  );
  page.counter(
    "arqonbus_messages_total",
    "Messages received from and handed to connections.",
    byTraffic(meter, ({ messages }) => messages),
  );
  page.counter(
    "arqonbus_bytes_total",
    "Bytes of those messages without their framing.",
    byTraffic(meter, ({ bytes }) => bytes),
  );
  page.counter(
    "arqonbus_published_total",
    "Messages accepted for delivery.",
    each((one) => one.published),
  );
  page.counter(
    "arqonbus_delivered_total",
    "Deliveries to subscribers and workers.",
    each((one) => one.delivered),
  );
  page.counter("arqonbus_dropped_total", "Messages left out for readers that were too slow.", [
    [{ policy: "drop_oldest", reason: "slow_consumer" }, meter.dropped + bus.dropped],
  ]);
  page.counter(
    "arqonbus_dedup_hits_total",
    "Publications whose id was seen before.",
    each((one) => one.duplicates),
  );
  page.counter(
    "arqonbus_refusals_total",
    "Messages, operations and connections refused or ended, by error code.",
    byLabel("code", Object.fromEntries(meter.refusals)),
  );
  page.counter(
    "arqonbus_slow_consumer_disconnects_total",
    "Connections ended because what waited for them exceeded its bound.",
    ended("SLOW_CONSUMER"),
  );
  page.counter(
    "arqonbus_heartbeat_losses_total",
    "Connections ended because nothing was heard from them.",
    ended("HEARTBEAT_LOST"),
  );
  page.counter("arqonbus_audit_lost_total", "Records of refusals that could not be kept.", [
    [{}, bus.auditLost],
  ]);
  page.counter(
    "arqonbus_tls_handshakes_total",
    "TLS connections by crypto mode, key exchange and signature.",
    meter.tls.handshakes,
  );
  page.counter(
    "arqonbus_tls_refusals_total",
    "TLS handshakes that failed, by crypto mode and reason.",
    meter.tls.refusals,
  );
  page.gauge(
    "arqonbus_sequence",
    "Number last given out.",
    each((one) => one.lastSequence),
  );
  page.histogram("arqonbus_log_batch_size", "Records written at once.", meter.batchRecords);
  page.histogram("arqonbus_log_fsync_seconds", "Time of a sync of a log.", meter.syncSeconds);
  page.gauge(
    "arqonbus_jobs",
    "Jobs the server knows, by state.",
    bus.jobStates.map((state) => [{ state: state.toLowerCase() }, jobs(state)]),
  );
  page.counter("arqonbus_job_redeliveries_total", "Jobs handed out after an attempt without a result.", [
    [{}, meter.redeliveries],
  ]);
  page.counter("arqonbus_job_dead_letters_total", "Jobs given up and put on their dead-letter topic.", [
    [{}, meter.deadLetters],
  ]);
  page.histogram("arqonbus_eventloop_lag_seconds", "Delay of a timer of the bus thread.", meter.lagSeconds);
  return page.toString();
}

function byLabel(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.keys(values)
    .sort()
    .map((value) => [{ [label]: value }, values[value] as number]);
}

function byTraffic(meter: Meter, column: (traffic: Traffic) => Float64Array): Sample[] {
  return (["in", "out"] as const).flatMap((direction) =>
    TOPIC_CLASSES.map(
      (name, at): Sample => [{ direction, topic_class: name }, column(meter[direction])[at] as number],
    ),
  );
}
