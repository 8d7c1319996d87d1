/** Takes away what a connection may not have any more. */
import { ArqonError } from "@arqon/core/base";
import { errorInfo } from "@arqon/core/wire";
import type { Port, Reality } from "../spine/index.ts";
import type { Permissions } from "./permissions.ts";

/** Ends the subscriptions that the permissions no longer allow, and says so. */
export function revoke(port: Port, reality: Reality, permissions: Permissions): void {
  for (const [number, { filter }] of [...reality.subscriptions.of(port)]) {
    if (permissions.allowsSubscription(filter)) continue;
    reality.subscriptions.remove(port, number);
    const error = new ArqonError("PERMISSION_DENIED", `subscription ${number} on "${filter}" was revoked`);
    reality.send(port, 0n, { case: "error", value: errorInfo(error) });
  }
}
