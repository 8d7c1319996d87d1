/** The operations of an open connection, each answered with its correlation number. */
import { ArqonError } from "@arqon/core/base";
import { type Op, requireFilter } from "@arqon/core/wire";
import { type Port, type Reality, resultsTopic } from "../spine/index.ts";
import type { Permissions } from "./permissions.ts";

/** Runs long reads of one connection one after the other. */
export type InTurn = <T>(read: () => Promise<T>) => Promise<T>;

/**
 * Does what the operation asks and answers it.
 * @throws ArqonError to be answered; the connection goes on.
 */
export async function operate(
  port: Port,
  reality: Reality,
  permissions: Permissions,
  op: Op,
  inTurn: InTurn,
): Promise<void> {
  const { corr } = op;
  const request = op.op;
  const done = (): void => {
    if (corr !== 0n) reality.send(port, corr, { case: "done", value: {} });
  };
  switch (request.case) {
    case "subscribe":
      permissions.requireSubscribe(request.value.filter);
      reality.subscriptions.add(port, request.value);
      return done();
    case "unsubscribe":
      reality.subscriptions.remove(port, request.value.subscription);
      return done();
    case "ping":
      return reality.send(port, corr, { case: "pong", value: { sentUnixUs: request.value.sentUnixUs } });
    case "pong":
      return;
    case "historyGet": {
      const { filter } = request.value;
      requireFilter(filter);
      permissions.requireSubscribe(filter);
      const page = await inTurn(() => reality.history(request.value));
      return reality.send(port, corr, { case: "historyPage", value: page });
    }
    case "jobExtend":
      reality.jobs.extend(port, request.value);
      return done();
    case "jobRelease":
      reality.jobs.release(port, request.value);
      return done();
    case "jobGet": {
      const job = reality.jobs.get(request.value.jobId);
      if (job.submitter !== port.principal.id && !permissions.maySee(resultsTopic(job.topic)))
        throw new ArqonError(
          "PERMISSION_DENIED",
          `"${port.principal.id}" lacks can_subscribe:${resultsTopic(job.topic)}`,
        );
      return reality.jobs.report(port, corr, job, request.value.watch);
    }
    case "jobCancel": {
      const job = reality.jobs.get(request.value.jobId);
      // Who may submit is many, of many tenants: a job is ended by who submitted it, or by who may serve its kind.
      if (job.submitter !== port.principal.id && !permissions.maySee(job.topic))
        throw new ArqonError("PERMISSION_DENIED", `"${port.principal.id}" lacks can_subscribe:${job.topic}`);
      await reality.jobs.cancel(job, request.value.reason);
      return done();
    }
    default:
      // Also what a newer client knows and this server does not: it is told, and may go on without.
      throw new ArqonError("WIRE_PROTOCOL", `a client may not send "${request.case ?? "nothing"}" here`);
  }
}
