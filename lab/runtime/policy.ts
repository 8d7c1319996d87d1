/** Who may execute where. */
import { filterMatches, requireFilter } from "@arqon/core/wire";

/** Answers for every operation at the door. Anything but `true` is a refusal. */
export interface ExecutePolicy {
  /** @param target  "backend.<id>" */
  mayExecute(principal: string, target: string): boolean;
}

/** Capability strings by principal, e.g. `{ ada: ["can_execute:backend.>"] }`. */
export type Grants = Readonly<Record<string, readonly string[]>>;

const PREFIX = "can_execute:";

/**
 * A policy of capability strings. Only "can_execute:" ones count; a filter may name "backend.<id>" or its jobs topic.
 * @throws ArqonError `TOPIC_INVALID` for a filter that is none.
 */
export function capabilityPolicy(grants: Grants): ExecutePolicy {
  const filters = new Map<string, string[]>();
  for (const [principal, capabilities] of Object.entries(grants))
    filters.set(
      principal,
      capabilities
        .filter((capability) => capability.startsWith(PREFIX))
        .map((capability) => requireFilter(capability.slice(PREFIX.length))),
    );
  return {
    mayExecute: (principal, target) =>
      (filters.get(principal) ?? []).some(
        (filter) => filterMatches(filter, target) || filterMatches(filter, `${target}.jobs`),
      ),
  };
}
