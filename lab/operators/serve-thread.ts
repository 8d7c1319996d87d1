/** What a simulating thread does with each request: answers it, or says why not. */
import { parentPort } from "node:worker_threads";
import { type SimulationReply, toWireError } from "./simulation.ts";

/** Serves the pool that started this thread, one request at a time, synchronously. */
export function serveThread<Request, Answer>(
  answer: (request: Request, progress: (fraction: number, note: string) => void) => Answer,
): void {
  const say = (reply: SimulationReply<Answer>): void => parentPort?.postMessage(reply);
  parentPort?.on("message", (request: Request) => {
    try {
      const progress = (fraction: number, note: string): void => say({ kind: "progress", fraction, note });
      say({ kind: "answer", answer: answer(request, progress) });
    } catch (thrown) {
      say({ kind: "error", error: toWireError(thrown) });
    }
  });
}
