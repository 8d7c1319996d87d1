/** Takes away what a connection may not have any more. */
import { ArqonError } from "@arqon/core/base";
import { errorInfo } from "@arqon/core/wire";
import type { Port, Reality } from "../spine/index.ts";
import type { Permissions } from "./permissions.ts";

/**
 * Ends the subscriptions that a changed access table no longer allows, and says so.
 * @returns the error to close the connection with when its key or certificate does not speak for its principal any more.
 */
export function revoke(
  port: Port,
  reality: Reality | undefined,
  permissions: Permissions,
): ArqonError | undefined {
  const { id } = permissions.principal;
  const principal = permissions.proof();
  if (principal?.id !== id)
    return new ArqonError("AUTH_REQUIRED", `"${id}" has no access any more with this key or certificate`);
  if (principal === permissions.principal) return undefined;
  permissions.replace(principal);
  if (reality === undefined) return undefined;
  for (const [number, { filter }] of [...reality.subscriptions.of(port)]) {
    if (permissions.allowsSubscription(filter)) continue;
    reality.subscriptions.remove(port, number);
    const error = new ArqonError("PERMISSION_DENIED", `subscription ${number} on "${filter}" was revoked`);
    reality.send(port, 0n, { case: "error", value: errorInfo(error) });
  }
  return undefined;
}
