/**
 * The bus of the bench in a process of its own. Prints its port, and its CPU time and memory whenever it is asked. Its argument
 * is a {@link BusTraits} as JSON.
 */
import {
  type AccessEntry,
  AccessTable,
  type Bus,
  Certificates,
  hashApiKey,
  nodeNet,
  startBus,
  tlsNet,
} from "@arqon/bus";
import { faultEngine, nodeDisk, openSegmentEngine, threadDigest } from "@arqon/bus/engine";
import { systemClock, systemEntropy, systemTimer } from "@arqon/core/base";
import type { BusTraits } from "./bus-traits.ts";
import { answerQuestions } from "./questions.ts";
import { Queueing } from "./queueing.ts";

const traits = JSON.parse(process.argv[2] ?? "{}") as BusTraits;
const more = Array.from({ length: traits.moreGrants ?? 0 }, (_, i) => `can_publish:grant.number${i}.*.>`);
const queueing = traits.queueing && new Queueing(traits.queueing.from, traits.queueing.to);
const { tls } = traits;
const certificates = tls
  ? new Certificates({ mode: "hybrid", certificates: [tls] }, systemClock, systemEntropy)
  : undefined;
const observer = { secured: () => {}, refused: () => {} };

const bus = await startBus({
  engine: traits.folder
    ? await openSegmentEngine({
        disk: nodeDisk(traits.folder),
        timer: systemTimer(),
        entropy: systemEntropy,
        digest: threadDigest,
      })
    : faultEngine(1, systemTimer(), { maxDelayMs: 0 }),
  realities: ["bench"],
  net: queueing?.around(nodeNet) ?? nodeNet,
  ...(certificates && { secure: { net: tlsNet({ certificates, observer }), host: "127.0.0.1", port: 0 } }),
  ...(traits.tcp && { tcp: { port: 0 } }),
  plainPath: traits.plainPath ?? false,
  clock: systemClock,
  timer: systemTimer({ hold: true }),
  entropy: systemEntropy,
  access: new AccessTable([
    person("bench", ["can_publish:sim.>", "can_subscribe:sim.>", "can_subscribe:bench.>", ...more]),
    person("owner", ["can_publish:>", "can_publish:sys.reality.>", "can_subscribe:>"]),
  ]),
  limits: { shield: { maxConnections: 100_000, maxConnectionsPerPrincipal: 100_000 } },
});

function person(id: string, capabilities: readonly string[]): AccessEntry {
  const principal = { id, tenant: "bench", trusted: id === "owner", capabilities };
  return { principal, keyHashes: [hashApiKey(id)] };
}

// What only some benches need is loaded by them alone.
if (traits.ordering) {
  const { connect, json } = await import("@arqon/sdk");
  const owner = await connect({ url: bus.url, apiKey: "owner", reality: "bench" });
  await owner.request("sys.reality.create", json({ name: "lawful", laws: { ordering: traits.ordering } }));
  await owner.close();
}
if (traits.tracerFile) {
  const { spanFile } = await import("@arqon/lab/operators");
  const { startTracer } = await import("../../apps/server/tracing.ts");
  await startTracer({
    url: bus.url,
    apiKey: "owner",
    reality: "bench",
    clock: systemClock,
    entropy: systemEntropy,
    sink: spanFile(traits.tracerFile, "bench", () => {}),
    onError: () => {},
  });
}
if (traits.scrapesPerS)
  setInterval(
    () => void fetch(`${bus.url.replace("ws", "http")}/metrics`).then((page) => page.text()),
    1_000 / traits.scrapesPerS,
  );
answerQuestions(portOf(bus), () => queueing?.quantiles());

function portOf({ port, secureUrl, tcpUrl }: Bus): number {
  const url = traits.tcp ? tcpUrl : secureUrl;
  return url === undefined ? port : Number(new URL(url).port);
}
