/** `arqon job ID`: a job submitted earlier: how far it is, its result, its artifact. */
import { ArqonError, type Json, type JsonObject } from "@arqon/core/base";
import {
  type Client,
  failureOf,
  isFinal,
  isTerminalStatus,
  JobOutput,
  type JobState,
  JobStatus,
  nameOf,
} from "@arqon/sdk";
import type { Command } from "../command.ts";
import { onInterrupt } from "../interrupts.ts";
import { shortId } from "../render.ts";
import { withServer } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { contentOf } from "./submit.ts";

export const job: Command = {
  name: "job",
  summary: "show a job submitted earlier, e.g. with --detach: state, result, artifact",
  positionals: ["JOBID"],
  options: {
    wait: { type: "boolean", help: "until it has ended and is sealed" },
    cancel: { type: "boolean", help: "ask for its end, and wait for that" },
    reality: { type: "string", value: "NAME", help: "the Reality it was submitted in (default: main)" },
  },
  example: "arqon job 01a1fe9d-7de3-7000-832d-704dc5d58c59 --wait",
  async run(args, terminal) {
    const [id] = args.positionals as [string];
    const state = await withServer(
      terminal,
      async (client) => {
        const handle = client.job(id);
        if (args.flag("cancel")) await handle.cancel("cancelled at the terminal");
        return args.flag("wait") || args.flag("cancel")
          ? await ended(client, id, terminal)
          : await handle.state();
      },
      undefined,
      args.text("reality"),
    );
    terminal.progress("");
    terminal.answer(jobJson(state));
    for (const line of jobLines(state, terminal)) terminal.print(line);
    const failure = isTerminalStatus(state.status) ? failureOf(state) : undefined;
    return failure ? failure.kind.exit : 0;
  },
};

/** Ctrl-C ends the wait, not the job. */
async function ended(client: Client, id: string, terminal: Terminal): Promise<JobState> {
  const leaving = new AbortController();
  const stop = onInterrupt(() =>
    leaving.abort(new ArqonError("CANCELLED", `job ${id} goes on; nobody waits for it here`)),
  );
  let last: JobState | undefined;
  try {
    for await (const state of client.job(id).states({ signal: leaving.signal })) {
      last = state;
      const done = state.progress > 0 ? ` ${Math.round(100 * state.progress)} %` : "";
      terminal.progress(
        `${state.topic}: ${state.note || nameOf(JobStatus, state.status).toLowerCase()}${done}`,
      );
    }
  } finally {
    stop();
  }
  if (!last || !isFinal(last)) throw new ArqonError("INTERNAL", `the watch of job ${id} ended before it did`);
  return last;
}

function jobJson(state: JobState): JsonObject {
  const { artifactId, recipeId, recordId } = state.sealed ?? { artifactId: "", recipeId: "", recordId: "" };
  const failure = isTerminalStatus(state.status) ? failureOf(state) : undefined;
  return {
    jobId: state.jobId,
    topic: state.topic,
    status: nameOf(JobStatus, state.status),
    attempt: state.attempt,
    progress: state.progress,
    note: state.note,
    error: failure ? { code: failure.code, message: failure.message } : null,
    output: outputOf(state),
    artifactId,
    recipeId,
    recordId,
    reported: state.sealed?.reported ?? false,
    sealPending: state.sealPending,
  };
}

/** What it answered; null while there is nothing, or when only the artifact holds it. */
function outputOf(state: JobState): Json {
  return state.status === JobStatus.SUCCEEDED ? contentOf(new JobOutput(state)) : null;
}

function jobLines(state: JobState, terminal: Terminal): string[] {
  const word = nameOf(JobStatus, state.status);
  const done =
    !isTerminalStatus(state.status) && state.progress > 0 ? ` · ${Math.round(100 * state.progress)} %` : "";
  const failure = isTerminalStatus(state.status) ? failureOf(state) : undefined;
  const output = outputOf(state);
  const id = state.sealed?.artifactId ?? "";
  return [
    `${word} · ${state.topic} · attempt ${state.attempt}${done}${state.note && state.status !== JobStatus.SUCCEEDED ? ` · ${state.note}` : ""}`,
    ...(failure ? [`${failure.message} [${failure.code}]`, failure.remedy] : []),
    ...(output === null ? [] : ["", typeof output === "string" ? output : JSON.stringify(output, null, 2)]),
    ...(id === "" ? [] : ["", `artifact  ${id}`, `next:     ${terminal.invocation} show ${shortId(id)}`]),
    ...(state.sealPending ? ["", "its artifact is being sealed"] : []),
    ...(isTerminalStatus(state.status)
      ? []
      : ["", `wait:     ${terminal.invocation} job ${state.jobId} --wait`]),
  ].flatMap((line) => line.split("\n"));
}
