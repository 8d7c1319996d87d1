/** Finished spans in a file of OTLP/JSON, one line each, as collectors read it. */
import { appendFileSync } from "node:fs";
import { ArqonError, otlpLine, type SpanSink } from "@arqon/core/base";

/**
 * Appends spans to a file that several threads and processes may share: a line is one write.
 * @param onError  told once when the file cannot be written; spans are lost then, nothing else.
 */
export function spanFile(path: string, service: string, onError: (error: ArqonError) => void): SpanSink {
  let failed = false;
  return (span) => {
    try {
      appendFileSync(path, otlpLine(service, [span]), { mode: 0o600 });
    } catch (thrown) {
      if (!failed) onError(ArqonError.from(thrown, "INTERNAL"));
      failed = true;
    }
  };
}
