/** An agent: publishes 1 KB every 10 ms through the SDK, and prints the CPU its own process took for one, microseconds. */
import { systemTimer } from "@arqon/core/base";
import { connect } from "@arqon/sdk";

const EVERY_MS = 10;
const WARM = 100;

const [, , url = "", messages = "400"] = process.argv;
const client = await connect({ url, apiKey: "bench", reality: "bench" });
const payload = new Uint8Array(1_024).fill(7);
const timer = systemTimer({ hold: true });
let before = process.cpuUsage();
let sent = 0;

/** Messages are due at times of their own, however late the one before was. */
function next(dueMs: number): void {
  timer.after(Math.max(0, dueMs - performance.now()), async () => {
    void client.publish("sim.world1.entity.42", payload);
    sent++;
    if (sent === WARM) before = process.cpuUsage();
    if (sent < WARM + Number(messages)) return next(dueMs + EVERY_MS);
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ cpuUs: (user + system) / Number(messages) }));
    await client.close();
  });
}
next(performance.now() + EVERY_MS);
