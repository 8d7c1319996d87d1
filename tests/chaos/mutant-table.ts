/** Bugs planted one at a time: a place in a source, and what stands there instead. The simulated world must notice each. */

/** One planted bug. */
export interface Mutant {
  readonly what: string;
  /** Path from the root of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The first seed to live, where few show it. */
  readonly from?: number;
}

const bug = (what: string, file: string, find: string, replace: string, from?: number): Mutant => ({
  what,
  file,
  find,
  replace,
  ...(from !== undefined && { from }),
});

/** All of them. */
export const MUTANTS: readonly Mutant[] = [
  bug(
    "acknowledgements out of the order of commits",
    "bus/spine/logged.ts",
    "if (port) this.#acks.logged(port, group.ids[i] as string, sequence, durability);",
    `if (port) {
        const id = group.ids[i] as string;
        const tell = () => {
          this.#acks.logged(port, id, sequence, durability);
          this.#acks.flush();
        };
        if (sequence % 2 === 0) setImmediate(tell);
        else tell();
      }`,
  ),
  bug(
    "the outbox forgets the batch in flight: its memory is used again",
    "bus/spine/outbox.ts",
    "this.#writing = batch;",
    "this.#release(batch);",
  ),
  bug(
    "the outbox forgets what waited behind the batch in flight",
    "bus/spine/outbox.ts",
    "this.#release(this.#writing);\n    this.#writing = [];\n    this.flush();",
    "this.#release(this.#writing);\n    this.#writing = [];\n    this.#queue = [];\n    this.flush();",
  ),
  bug(
    "acknowledged before the sync",
    "bus/engine/segment-log.ts",
    'this.#acknowledge(commit, "logged");',
    'this.#acknowledge(commit, "logged");\n    this.#acknowledge(commit, "synced");',
  ),
  bug(
    "a failed sync is taken for one that worked",
    "bus/engine/segment-log.ts",
    `if (durability === "synced") reject(reason);
      this.#end(reason);
      return false;`,
    `void [durability, reject];
      return true;`,
  ),
  bug(
    "a torn tail is accepted",
    "bus/engine/scan.ts",
    'if (!batchIsSound(bytes, at, batch)) return "the bytes',
    'if (at < 0) return "the bytes',
  ),
  bug(
    "the first batch after a roll is dropped",
    "bus/engine/segment-log.ts",
    "await this.#current.write(commit.batch, this.#parts.owner, this.#parts.digest);",
    `if (this.#current.firstSequence > 0 || this.#segments.length === 1)
        await this.#current.write(commit.batch, this.#parts.owner, this.#parts.digest);`,
  ),
  bug(
    "a fenced owner goes on",
    "bus/engine/memory-log.ts",
    "this.end(fencedError(this.#reality));",
    "void fencedError;",
  ),
  bug(
    "the duplicate window is empty after a restart",
    "bus/spine/rebuild.ts",
    "windows.add(producerId, id, timestampUnixUs, sequence);",
    "void windows;",
  ),
  bug(
    "numbers are used again after a crash",
    "bus/spine/sequencer.ts",
    "const mark = Math.max(entry === undefined ? 1 : Number(fromUtf8(entry.value)), logged + 1);",
    "const mark = logged + 1;",
  ),
  bug(
    "results are taken without the lease",
    "bus/spine/jobs.ts",
    "job.lease?.worker.port !== port ||\n      job.lease.attempt !== attempt",
    "(port as unknown) === attempt",
  ),
  bug(
    "two results of one attempt are both taken",
    "bus/spine/jobs.ts",
    "job.busy = true;\n    return { job, result };",
    "return { job, result };",
  ),
  bug(
    "the ends of jobs are forgotten in a restart",
    "bus/spine/rebuild.ts",
    "jobs.rebuildResult(message(), producerId, sequence);",
    "void 0;",
  ),
  bug(
    "attempts are counted from one again after a restart",
    "bus/spine/jobs.ts",
    "else job.attempt = Math.max(job.attempt, attempt);",
    "else void attempt;",
  ),
  bug(
    "the lease of a physical job is not synced",
    "bus/spine/leases.ts",
    'const durability = job.effect === Effect.PHYSICAL ? "synced" : "logged";',
    'const durability = "logged";',
    314,
  ),
  bug(
    "a refused append is acknowledged",
    "bus/spine/logged.ts",
    "if (error) {\n        group.windows",
    'if (error && group.durability === "synced") {\n        group.windows',
  ),
];
