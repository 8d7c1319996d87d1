/**
 * The bus of the bench in a process of its own. Prints its port, and its CPU time and memory whenever it is asked.
 * With a folder as its argument the log lies there; without, messages are delivered and not kept.
 */

import { AccessTable, hashApiKey, nodeNet, startBus } from "@arqon/bus";
import { faultEngine, nodeDisk, openSegmentEngine, threadDigest } from "@arqon/bus/engine";
import { systemClock, systemEntropy, systemTimer } from "@arqon/core/base";
import { answerQuestions } from "./questions.ts";

const capabilities = ["can_publish:sim.>", "can_subscribe:sim.>", "can_subscribe:bench.>"];
const folder = process.argv[2];
const bus = await startBus({
  engine: folder
    ? await openSegmentEngine({
        disk: nodeDisk(folder),
        timer: systemTimer(),
        entropy: systemEntropy,
        digest: threadDigest,
      })
    : faultEngine(1, systemTimer(), { maxDelayMs: 0 }),
  realities: ["bench"],
  net: nodeNet,
  clock: systemClock,
  timer: systemTimer({ hold: true }),
  entropy: systemEntropy,
  access: new AccessTable([
    {
      principal: { id: "bench", tenant: "bench", trusted: false, capabilities },
      keyHashes: [hashApiKey("bench")],
    },
  ]),
  limits: { shield: { maxConnections: 100_000, maxConnectionsPerPrincipal: 100_000 } },
});
answerQuestions(bus.port);
