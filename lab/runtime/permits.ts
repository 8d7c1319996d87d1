/** Where permits are made and used up. Not exported from the room: whoever holds an office can open the door. */
import { ArqonError } from "@arqon/core/base";
import { type Operation, operationSha256 } from "./operation.ts";
import type { Permit } from "./plugin.ts";

function invalid(why: string, permit: Permit | undefined): ArqonError {
  const operationId = typeof permit?.operationId === "string" ? permit.operationId.slice(0, 80) : "none";
  return new ArqonError("PERMIT_INVALID", `permit for operation ${operationId}: ${why}`);
}

/** Issues permits and remembers, by object identity, which of them may still be used and for what. */
export class PermitOffice {
  readonly #open = new WeakMap<Permit, string>();
  readonly #used = new WeakSet<Permit>();
  readonly #honoured = new WeakSet<Permit>();

  /** A permit for exactly this operation on its backend. */
  issue(operationId: string, operation: Operation): Permit {
    const permit: Permit = Object.freeze({ operationId, backendId: operation.backendId });
    this.#open.set(permit, operationSha256(operation));
    return permit;
  }

  /**
   * Uses a permit up; a failed attempt uses it up as well.
   * @throws ArqonError `PERMIT_INVALID`
   */
  redeem(permit: Permit, operation: Operation, backendId: string): void {
    if (typeof permit !== "object" || permit === null) throw invalid("nothing was presented", undefined);
    const expected = this.#open.get(permit);
    this.#open.delete(permit);
    if (expected === undefined)
      throw invalid(
        this.#used.has(permit) ? "it was used before or withdrawn" : "the door did not make it",
        permit,
      );
    this.#used.add(permit);
    if (permit.backendId !== backendId)
      throw invalid(`it is for backend ${permit.backendId}, not ${backendId}`, permit);
    if (operationSha256(operation) !== expected) throw invalid("it is for another operation", permit);
    this.#honoured.add(permit);
  }

  /** Whether a permit opened the door. A plugin that answered although its own did not went round it. */
  wasHonoured(permit: Permit): boolean {
    return this.#honoured.has(permit);
  }

  /** Ends a permit, used or not. */
  withdraw(permit: Permit): void {
    this.#open.delete(permit);
    this.#used.add(permit);
  }
}
