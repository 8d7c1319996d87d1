/** The scheduler as an operator: decides, signs, publishes the bound job, follows it, and passes its result on. */
import {
  ArqonError,
  type Clock,
  canonicalJson,
  deriveUuid,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  utf8,
} from "@arqon/core/base";
import { type Capsule, CapsuleSchema, create, type Job, JobSchema } from "@arqon/core/wire";
import type { Vault } from "@arqon/vault";
import {
  beforeDoor,
  capsuleSha256,
  type Handler,
  HopWatch,
  type Outcome,
  type Work,
  type WorkContext,
} from "../runtime/index.ts";
import type { BackendOffer } from "./backend-offer.ts";
import { choose, DECISION_TYPE, decisionPayload } from "./decide.ts";
import {
  GRADIENT_JOB_SCHEMA,
  gradientCost,
  gradientParameters,
  gradientTask,
  gradientText,
} from "./gradient-job.ts";
import {
  parametersText,
  quantumConstraints,
  quantumParameters,
  requireQuantumCapsule,
} from "./quantum-job.ts";
import { readCircuit } from "./read-circuit.ts";
import { type EstimateMitigation, type JobNeeds, unmitigated } from "./score.ts";

/** How bound jobs reach the bus and come back. */
export interface BoundJobs {
  /** Publishes a job under its id. @throws ArqonError `JOB_CONFLICT` when the id has another payload already. */
  submit(topic: string, id: string, job: Job, trace?: Work["trace"]): Promise<void>;
  /** Where a job was published. @throws ArqonError when it may not be seen. */
  topicOf(id: string): Promise<string>;
  /** Follows a job to its end, sealed where a seal is due. */
  follow(id: string, context: WorkContext): Promise<Outcome>;
  cancel(id: string, reason: string): Promise<void>;
}

/** What the scheduler stands on. */
export interface SchedulerParts {
  readonly jobs: BoundJobs;
  readonly vault: Pick<Vault, "sign" | "audit">;
  readonly clock: Clock;
  readonly cryptoMode: "classical" | "hybrid" | "pqc-required";
  /** The backends as they are now. */
  catalogue(): readonly BackendOffer[];
  /** Awaited before every choice; resolved once the catalogue can be relied on. */
  readonly ready?: Promise<void>;
  /** Whose tenant a job is, by who submitted it and what it says of itself. */
  tenantOf(principal: string, saidByService: string): string;
  readonly estimate?: EstimateMitigation;
}

/** Label under which the bound job's id follows from the job's. */
const BOUND = "bound";

interface Planned {
  readonly capsule: Capsule;
  readonly payload: JsonObject;
  readonly backend: string;
  /** Every backend that could serve the job. */
  readonly suitable: readonly string[];
}

/** Serves `quantum.jobs`. A refusal here is before the door: it is audited, and makes no artifact. */
export function schedulerHandler(parts: SchedulerParts): Handler {
  return async (work, context) => {
    const watch = new HopWatch(parts.clock);
    await parts.ready;
    const refuser = { ...parts, by: "scheduler", tenant: parts.tenantOf(work.producer, work.job.tenant) };
    const planned = await beforeDoor(work, refuser, () => watch.hop("schedule", () => plan(work, parts)));
    const childId = deriveUuid(work.id, BOUND);
    const decision = await watch.hop("sign-decision", () =>
      parts.vault.sign(DECISION_TYPE, utf8(canonicalJson(planned.payload))),
    );
    void context.progress(0, `bound to ${planned.backend}`);
    const offsetMs = watch.elapsedMs();
    await watch.hop("bind", () => submit(work, childId, planned, decision, parts));
    const outcome = await followBound(childId, work, context, parts.jobs);
    watch.adopt(outcome.hops ?? [], offsetMs);
    return { ...outcome, hops: watch.hops };
  };
}

function plan(work: Work, parts: SchedulerParts): Planned {
  const asked = work.capsule;
  const { parametersJson, ...cost } =
    asked.schema === GRADIENT_JOB_SCHEMA ? planGradient(work) : planCircuit(work);
  const constraints = quantumConstraints(asked.constraintsJson);
  const needs: JobNeeds = { schema: asked.schema, ...cost, constraints, cryptoMode: parts.cryptoMode };
  // A foreign operator's offer matters to jobs that name it, and cannot weigh down the decisions of any other.
  const offers = parts.catalogue().filter(({ id, trusted }) => trusted || id === constraints.backend);
  const choice = choose(needs, offers, parts.estimate ?? unmitigated);
  const capsule = create(CapsuleSchema, { ...asked, parametersJson });
  const subject = {
    jobId: work.id,
    childJobId: deriveUuid(work.id, BOUND),
    principal: work.producer,
    tenant: parts.tenantOf(work.producer, work.job.tenant),
    capsuleSha256: capsuleSha256(capsule),
  };
  return {
    capsule,
    payload: decisionPayload(subject, needs, offers, choice),
    backend: choice.chosen.backend,
    suitable: choice.candidates.filter(({ rank }) => rank !== "none").map(({ backend }) => backend),
  };
}

/** What a job costs, and its parameters with every default filled in. */
type Cost = Pick<JobNeeds, "shots" | "features" | "estimate"> & { readonly parametersJson: string };

function planCircuit({ capsule, id }: Work): Cost {
  requireQuantumCapsule(capsule);
  const parameters = quantumParameters(capsule.parametersJson, id);
  const { shots, options } = parameters;
  return {
    shots,
    ...readCircuit(capsule.program, capsule.name, shots, options),
    parametersJson: parametersText(parameters),
  };
}

function planGradient({ capsule, id }: Work): Cost {
  requireQuantumCapsule(capsule, GRADIENT_JOB_SCHEMA);
  const { asked, seed } = gradientParameters(capsule.parametersJson, id);
  const task = gradientTask(capsule.program, capsule.name, asked);
  return { ...gradientCost(task, asked), parametersJson: gradientText(asked, seed) };
}

async function submit(
  work: Work,
  childId: string,
  { capsule, backend, suitable }: Planned,
  decision: Uint8Array,
  { jobs, tenantOf }: SchedulerParts,
): Promise<void> {
  const { deadlineUnixUs, effect, maxAttempts } = work.job;
  const child = create(JobSchema, {
    capsule,
    deadlineUnixUs,
    effect,
    maxAttempts,
    parentJobId: work.id,
    decision,
    tenant: tenantOf(work.producer, work.job.tenant),
  });
  try {
    await jobs.submit(`backend.${backend}.jobs`, childId, child, work.trace);
  } catch (thrown) {
    if (ArqonError.from(thrown).code !== "JOB_CONFLICT") throw thrown;
    // An earlier attempt bound this job; its decision holds, whatever ours would have been. But its id can be foreseen:
    // a job that somebody else put in its place is not followed.
    const topic = await jobs.topicOf(childId);
    if (!suitable.some((each) => topic === `backend.${each}.jobs`))
      throw new ArqonError(
        "JOB_CONFLICT",
        `job ${childId} is on ${topic}, which no decision for ${work.id} chose`,
      );
  }
}

/** Follows the job that serves another one to its end; when that one is cancelled, so is this. */
export async function followBound(
  childId: string,
  work: Pick<Work, "id">,
  context: WorkContext,
  jobs: Pick<BoundJobs, "follow" | "cancel">,
): Promise<Outcome> {
  const cancel = (): void => {
    const reason = ArqonError.from(context.signal.reason ?? "cancelled", "CANCELLED");
    // A lost lease or a stopping scheduler leaves the bound job alone: the next attempt follows it.
    if (reason.code === "CANCELLED") jobs.cancel(childId, `job ${work.id} was cancelled`).catch(() => {});
  };
  if (context.signal.aborted) cancel();
  context.signal.addEventListener("abort", cancel, { once: true });
  try {
    return await jobs.follow(childId, context);
  } finally {
    context.signal.removeEventListener("abort", cancel);
  }
}

/** The payload of a signed decision, from its DSSE envelope. Verifies nothing. @throws ArqonError `JSON_INVALID` */
export function decisionOf(payload: Uint8Array): JsonObject {
  return jsonObject(parseCanonicalJson(payload, "decision"), "decision");
}
