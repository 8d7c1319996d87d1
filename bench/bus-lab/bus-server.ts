/**
 * The bus of the bench in a process of its own. Prints its port, and its CPU time and memory whenever it is asked.
 * With a folder as its argument the log lies there; without (or ""), messages are delivered and not kept. With the files of a
 * certificate and its key after that, it speaks TLS on the port it says.
 */

import { AccessTable, Certificates, hashApiKey, nodeNet, startBus, tlsNet } from "@arqon/bus";
import { faultEngine, nodeDisk, openSegmentEngine, threadDigest } from "@arqon/bus/engine";
import { systemClock, systemEntropy, systemTimer } from "@arqon/core/base";
import { answerQuestions } from "./questions.ts";

const capabilities = ["can_publish:sim.>", "can_subscribe:sim.>", "can_subscribe:bench.>"];
const [, , folder, certFile, keyFile] = process.argv;
const certificates =
  certFile && keyFile
    ? new Certificates({ mode: "hybrid", certificates: [{ certFile, keyFile }] }, systemClock, systemEntropy)
    : undefined;
const observer = { secured: () => {}, refused: () => {} };
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
  ...(certificates && { secure: { net: tlsNet({ certificates, observer }), host: "127.0.0.1", port: 0 } }),
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
answerQuestions(bus.secureUrl === undefined ? bus.port : Number(new URL(bus.secureUrl).port));
