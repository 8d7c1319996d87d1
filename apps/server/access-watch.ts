/** Takes `access.json` again whenever it has changed, so that nobody restarts a server to let somebody in or out. */
import { statSync } from "node:fs";
import { ArqonError, type Cancel, type Timer } from "@arqon/core/base";
import type { Access } from "./access.ts";

/** How often the file is looked at. */
const LOOK_MS = 2_000;

/** Who hears of it. */
export interface AccessEvents {
  /** What it says now holds. */
  changed(): void;
  /** It cannot be used; what it said before holds. Told once for each state of the file. */
  refused(error: ArqonError): void;
}

/** Looks at the file until cancelled. */
export function watchAccess(access: Access, timer: Timer, events: AccessEvents): Cancel {
  let seen = stampOf(access.file);
  let cancel: Cancel = () => {};
  const look = (): void => {
    const stamp = stampOf(access.file);
    if (stamp !== seen) {
      seen = stamp;
      try {
        if (access.reload()) events.changed();
      } catch (thrown) {
        events.refused(ArqonError.from(thrown));
      }
    }
    cancel = timer.after(LOOK_MS, look);
  };
  cancel = timer.after(LOOK_MS, look);
  return () => cancel();
}

/** Changes whenever the file does. */
function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}` : "";
}
