/** A Python process with the simulators we stand beside, kept warm and asked one thing at a time. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What a peer answers: its CPU milliseconds and what it found, or why it is not there. */
export interface PeerAnswer {
  readonly ms?: number;
  readonly probability?: number;
  readonly counts?: Readonly<Record<string, number>>;
  readonly build?: readonly string[];
  readonly absent?: string;
}

/** The process; `close` ends it. */
export interface Peers {
  ask(request: object): Promise<PeerAnswer>;
  close(): void;
}

/** Starts the Python that ARQON_AER_PYTHON names (pip install qiskit-aer qsimcirq qulacs); nothing where it names none. */
export function startPeers(): Peers | undefined {
  const python = process.env["ARQON_AER_PYTHON"];
  if (!python) return undefined;
  const child = spawn(python, [new URL("./peer.py", import.meta.url).pathname], {
    env: { ...process.env, OMP_NUM_THREADS: "1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("the Python with the peers ended");
      return JSON.parse(value) as PeerAnswer;
    },
    close: () => child.kill(),
  };
}
