import { formatBytes } from "@arqon/core/base";
import type { OnProgress } from "@arqon/core/bundle";
import type { Terminal } from "./terminal.ts";

/** Below this nobody waits. */
const SMALL_BYTES = 16 * 2 ** 20;

/** Says how far something is, at every new percent, e.g. "exporting 1.2 GiB of 5.0 GiB (24 %)". */
export function byteProgress(terminal: Terminal, doing: string): OnProgress {
  let told = -1;
  return (done, total) => {
    if (total < SMALL_BYTES) return;
    const percent = Math.floor((done / total) * 100);
    if (percent === told) return;
    told = percent;
    const line = `${doing} ${formatBytes(done)} of ${formatBytes(total)} (${percent} %)`;
    terminal.progress(done >= total ? "" : line);
  };
}
