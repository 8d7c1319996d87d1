/** The bus of the SDK bench in a process of its own: prints its addresses, and ends with its parent. */
import { AccessTable, hashApiKey, nodeNet, startBus } from "@arqon/bus";
import { faultEngine } from "@arqon/bus/engine";
import { systemClock, systemEntropy, systemTimer } from "@arqon/core/base";

const capabilities = ["can_publish:sim.>", "can_subscribe:sim.>"];
const bus = await startBus({
  engine: faultEngine(1, systemTimer(), { maxDelayMs: 0 }),
  net: nodeNet,
  tcp: { port: 0 },
  clock: systemClock,
  timer: systemTimer({ hold: true }),
  entropy: systemEntropy,
  access: new AccessTable([
    {
      principal: { id: "bench", tenant: "bench", trusted: false, capabilities },
      keyHashes: [hashApiKey("bench")],
    },
  ]),
});
console.log(JSON.stringify({ ws: bus.url, tcp: bus.tcpUrl }));
process.stdin.resume().on("end", () => process.exit(0));
