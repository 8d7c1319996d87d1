/** What a server did between two readings of its counters. */
import type { MetricFamily } from "@arqon/bus";
import { formatBytes, formatCount, formatDuration } from "@arqon/core/base";
import { table } from "./render.ts";

/** The counters at one moment. */
export interface Reading {
  readonly atMs: number;
  readonly families: ReadonlyMap<string, MetricFamily>;
}

/** Counts by the value of one label. */
type Counts = Readonly<Record<string, number>>;

/** Traffic of one class of topics. */
export type Flow = Readonly<{
  topicClass: string;
  inPerS: number;
  inBytesPerS: number;
  outPerS: number;
  outBytesPerS: number;
  inTotal: number;
  outTotal: number;
}>;

/** Rates and delays between two readings, and figures of the later one. */
export type Activity = Readonly<{
  url: string;
  connections: Counts;
  /** Connections with TLS by key exchange. */
  secured: Counts;
  /** Handshakes of TLS that failed, by reason. */
  unsecured: Counts;
  sequence: Counts;
  traffic: readonly Flow[];
  jobs: Counts;
  redeliveries: number;
  deadLetters: number;
  duplicates: number;
  dropped: number;
  refusals: Counts;
  /** Means; 0 when nothing was measured. */
  syncMs: number;
  loopLagMs: number;
}>;

type Labels = Readonly<Record<string, string>>;

/** What happened between two readings of one server. */
export function activityOf(url: string, before: Reading, now: Reading): Activity {
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000);
  const grown = (name: string, labels: Labels = {}, part = ""): number =>
    total(now, name, labels, part) - total(before, name, labels, part);
  const rate = (name: string, labels: Labels): number => Number((grown(name, labels) / seconds).toFixed(1));
  const mean = (name: string): number => {
    const count = grown(name, {}, "_count");
    return count > 0 ? (1000 * grown(name, {}, "_sum")) / count : 0;
  };
  const traffic = Object.keys(byLabel(now, "arqonbus_messages_total", "topic_class")).map((topicClass) => {
    const of = (direction: string): Labels => ({ direction, topic_class: topicClass });
    return {
      topicClass,
      inPerS: rate("arqonbus_messages_total", of("in")),
      inBytesPerS: rate("arqonbus_bytes_total", of("in")),
      outPerS: rate("arqonbus_messages_total", of("out")),
      outBytesPerS: rate("arqonbus_bytes_total", of("out")),
      inTotal: total(now, "arqonbus_messages_total", of("in")),
      outTotal: total(now, "arqonbus_messages_total", of("out")),
    };
  });
  return {
    url,
    connections: byLabel(now, "arqonbus_connections", "role"),
    secured: byLabel(now, "arqonbus_tls_connections", "group"),
    unsecured: byLabel(now, "arqonbus_tls_refusals_total", "reason"),
    sequence: byLabel(now, "arqonbus_sequence", "reality"),
    traffic,
    jobs: byLabel(now, "arqonbus_jobs", "state"),
    redeliveries: total(now, "arqonbus_job_redeliveries_total"),
    deadLetters: total(now, "arqonbus_job_dead_letters_total"),
    duplicates: total(now, "arqonbus_dedup_hits_total"),
    dropped: total(now, "arqonbus_dropped_total"),
    refusals: byLabel(now, "arqonbus_refusals_total", "code"),
    syncMs: mean("arqonbus_log_fsync_seconds"),
    loopLagMs: mean("arqonbus_eventloop_lag_seconds"),
  };
}

/** The same for people. */
export function activityLines(activity: Activity): string[] {
  const { url, connections, sequence, traffic, jobs, refusals, redeliveries, deadLetters } = activity;
  const { duplicates, dropped, syncMs, loopLagMs, secured, unsecured } = activity;
  const rows = traffic.map((row) => [
    row.topicClass,
    row.inPerS,
    `${formatBytes(row.inBytesPerS)}/s`,
    row.outPerS,
    `${formatBytes(row.outBytesPerS)}/s`,
    row.inTotal,
    row.outTotal,
  ]);
  const all = Object.values(connections).reduce((sum, count) => sum + count, 0);
  return [
    `${url}   ${formatCount(all, "connection")}: ${listed(connections)}`,
    `TLS        ${listed(secured) || "none"}; refused: ${listed(unsecured) || "nothing"}`,
    `sequence   ${listed(sequence)}`,
    "",
    ...table(["topics", "in/s", "", "out/s", "", "in", "out"], rows),
    "",
    `jobs       ${listed(jobs) || "none"}; ${redeliveries} handed out again, ${deadLetters} dead letters`,
    `left out   ${dropped} for slow readers, ${duplicates} seen before; refused: ${listed(refusals) || "nothing"}`,
    `delays     sync ${syncMs > 0 ? formatDuration(syncMs) : "none"}, event loop ${formatDuration(loopLagMs)}`,
  ];
}

function total({ families }: Reading, name: string, labels: Labels = {}, part = ""): number {
  const fits = families
    .get(name)
    ?.samples.filter(
      (sample) =>
        sample.name === name + part &&
        Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
    );
  return (fits ?? []).reduce((sum, { value }) => sum + value, 0);
}

function byLabel(reading: Reading, name: string, label: string): Counts {
  const sums: Record<string, number> = {};
  for (const { labels, value } of reading.families.get(name)?.samples ?? []) {
    const key = labels[label] ?? "";
    sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}

/** What is not zero, e.g. "2 client, 6 operator". */
function listed(values: Counts): string {
  return Object.entries(values)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `${value} ${name}`)
    .join(", ");
}
