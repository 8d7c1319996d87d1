/** Records whose content follows from their sequence, so that a survivor can be checked without a memory. */

import type { LogRecord } from "@arqon/bus/engine";
import { createRandom } from "@arqon/core/base";

/** The one record that may stand at `sequence`; 0 to 999 bytes. */
export function chaosRecord(sequence: number): LogRecord {
  const random = createRandom(BigInt(sequence));
  const bytes = new Uint8Array(random.nextInt(1000));
  bytes.fill(random.nextU32() & 255);
  if (bytes.length > 8) new DataView(bytes.buffer).setFloat64(0, sequence);
  return { sequence, timestampUnixUs: sequence * 7, bytes };
}
