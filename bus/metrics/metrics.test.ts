import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Exposition } from "./exposition.ts";
import { Histogram } from "./histogram.ts";
import { Meter } from "./meter.ts";
import { boundedTypes, metricsPage } from "./page.ts";
import { parseMetrics } from "./parse.ts";
import { classOf, TOPIC_CLASSES } from "./topic-class.ts";

const READING = {
  keyExchanges: { X25519MLKEM768: 1 },
  roles: { client: 2, operator: 1, service: 0, opening: 0 },
  operatorTypes: { scheduler: 1 },
  dropped: 4,
  auditLost: 0,
  jobStates: ["SUBMITTED", "DEAD"],
  realities: [
    {
      reality: "main",
      lastSequence: 9_007_199_254_740_991,
      published: 7,
      delivered: 8,
      duplicates: 1,
      subscriptions: 3,
      jobs: { DEAD: 2 },
    },
    { reality: "b", lastSequence: 0, published: 0, delivered: 0, duplicates: 0, subscriptions: 0, jobs: {} },
  ],
};

function busyMeter(): Meter {
  const meter = new Meter();
  meter.in.add(classOf("lab.sensor.read"), 3, 300);
  meter.out.add(classOf("lab.jobs"), 1, 50);
  meter.refused("PERMISSION_DENIED");
  meter.refused("HEARTBEAT_LOST");
  meter.dropped = 6;
  meter.committed(3);
  meter.synced(4);
  meter.lagSeconds.observe(99);
  return meter;
}

const value = (
  page: ReturnType<typeof parseMetrics>,
  family: string,
  labels: Readonly<Record<string, string>> = {},
  name = family,
): number | undefined =>
  page
    .get(family)
    ?.samples.find(
      (sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels),
    )?.value;

describe("the page", () => {
  const page = parseMetrics(metricsPage(busyMeter(), READING));

  test("has every figure under its labels", () => {
    const lab = { direction: "in", topic_class: "other" };
    expect(value(page, "arqonbus_messages_total", lab)).toBe(3);
    expect(value(page, "arqonbus_bytes_total", lab)).toBe(300);
    expect(value(page, "arqonbus_messages_total", { direction: "out", topic_class: "jobs" })).toBe(1);
    expect(value(page, "arqonbus_connections", { role: "client" })).toBe(2);
    expect(value(page, "arqonbus_sequence", { reality: "main" })).toBe(9_007_199_254_740_991);
    expect(value(page, "arqonbus_refusals_total", { code: "PERMISSION_DENIED" })).toBe(1);
    expect(value(page, "arqonbus_heartbeat_losses_total")).toBe(1);
    expect(value(page, "arqonbus_slow_consumer_disconnects_total")).toBe(0);
    expect(value(page, "arqonbus_jobs", { state: "dead" })).toBe(2);
    expect(value(page, "arqonbus_jobs", { state: "submitted" })).toBe(0);
    const dropped = { policy: "drop_oldest", reason: "slow_consumer" };
    expect(value(page, "arqonbus_dropped_total", dropped)).toBe(10);
  });

  test("counts histograms from below, in the units of their names", () => {
    const size = "arqonbus_log_batch_size";
    expect(value(page, size, { le: "2" }, `${size}_bucket`)).toBe(0);
    expect(value(page, size, { le: "4" }, `${size}_bucket`)).toBe(1);
    expect(value(page, size, { le: "+Inf" }, `${size}_bucket`)).toBe(1);
    expect(value(page, "arqonbus_log_fsync_seconds", {}, "arqonbus_log_fsync_seconds_sum")).toBe(0.004);
    const lag = "arqonbus_eventloop_lag_seconds";
    expect(value(page, lag, { le: "10" }, `${lag}_bucket`)).toBe(0);
    expect(value(page, lag, {}, `${lag}_count`)).toBe(1);
  });

  test("is what its documentation says, family by family", () => {
    const documented = readFileSync(resolve(import.meta.dirname, "../../docs/spec/metrics.md"), "utf8");
    const named = [...documented.matchAll(/^\| `(arqonbus_[a-z_]+)`/gm)].map((match) => match[1]);
    expect([...page.keys()]).toEqual(named);
  });

  test.skipIf(spawnSync("promtool", ["--version"]).error !== undefined)("is clean to promtool", () => {
    const text = metricsPage(busyMeter(), READING);
    expect(execFileSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" })).toBe("");
  });
});

test("a topic has one class, by its first token or else its last", () => {
  const named = (topic: string): string | undefined => TOPIC_CLASSES[classOf(topic)];
  expect(["sys.session.op", "inbox.x.1", "nvm.jobs", "a.b.results"].map(named)).toEqual([
    "sys",
    "inbox",
    "jobs",
    "results",
  ]);
  expect(["system.x.y", "inboxes.a.b", "lab.sensor.reads", "jobs", "s", ""].map(named)).toEqual(
    Array(6).fill("other"),
  );
});

test("a histogram puts every observation into one bucket, the first whose bound it does not exceed", () => {
  const some = fc.array(fc.oneof(fc.double({ noNaN: true, min: 0, max: 20 }), fc.constantFrom(0.5, 1, 10)));
  fc.assert(
    fc.property(some, (observations) => {
      const histogram = new Histogram([0.5, 1, 10]);
      for (const one of observations) histogram.observe(one);
      const within = (least: number, most: number): number =>
        observations.filter((one) => one > least && one <= most).length;
      expect([...histogram.counts]).toEqual([within(-1, 0.5), within(0.5, 1), within(1, 10), within(10, 99)]);
    }),
  );
});

test("whatever a label holds is read back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.double({ min: 0, noNaN: true }), (text, figure) => {
      const page = new Exposition();
      page.counter("x_total", 'a "help"\nof \\ two lines', [[{ a: text, b: "" }, figure]]);
      const [sample] = parseMetrics(String(page)).get("x_total")?.samples ?? [];
      expect(sample).toEqual({ name: "x_total", labels: { a: text, b: "" }, value: figure });
    }),
  );
});

test.each([
  ["x_total 1", "line feed"],
  ["# HELP x_total h\nx_total 1\n", "outside"],
  ["# TYPE x_total counter\n", "HELP"],
  ["# HELP x h\n# TYPE y counter\n", "same name"],
  ["# HELP x h\n# TYPE x counter\nx 1\nx 1\n", "twice"],
  ["# HELP x h\n# TYPE x counter\nx -1\n", "below zero"],
  ['# HELP x h\n# TYPE x gauge\nx{a="1",} 1\n', "labels"],
  ['# HELP x h\n# TYPE x gauge\nx{a="1" b="2"} 1\n', "labels"],
  ["# HELP x h\n# TYPE x gauge\nx 1.2.3\n", "number"],
  ["# HELP x h\n# TYPE x gauge\nx\n", "neither"],
  ["# HELP x h\n# TYPE x gauge\n\n", "neither"],
])("a page that is no page is refused: %j", (text, why) => {
  expect(() => parseMetrics(text)).toThrow(why);
});

test("types that clients choose freely make no more labels than there is room for", () => {
  const types = Array.from({ length: 100 }, (_, i) => `kind-${i}`);
  const counts = boundedTypes(["scheduler", "Bad type", "__proto__", "constructor", ...types]);
  expect(Object.keys(counts).length).toBeLessThanOrEqual(25);
  expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(104);
  expect(counts).toMatchObject({ scheduler: 1, "kind-0": 1 });
  expect(counts["other"]).toBeGreaterThan(70);
});
