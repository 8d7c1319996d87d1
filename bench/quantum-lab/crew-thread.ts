/** A thread that helps with one statevector after the other. */
import { parentPort } from "node:worker_threads";
import { type CrewTask, helpCrew } from "@arqon/substrates/quantum";

parentPort?.on("message", ({ task, thread }: { readonly task: CrewTask; readonly thread: number }) =>
  helpCrew(task, thread),
);
