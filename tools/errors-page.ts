/** The page of errors, from the catalogue. */
import { ERRORS } from "@arqon/core/base";

/** Markdown of `docs/errors.md`. */
export function errorsPage(): string {
  const lines = [
    "# Errors",
    "",
    "Every error of Arqon has one of these codes, on the wire, in both SDKs and in the CLI. The code is stable; the message names what",
    "was wrong and where. *Exit* is the exit code of the CLI, *close* the WebSocket close code where the error ends a connection, and",
    "*retry* says whether the same request may succeed later. This page is printed from `core/base/error-table.ts` by `npm run gen`.",
    "",
  ];
  for (const [code, kind] of Object.entries(ERRORS)) {
    const facts = [`status \`${kind.status}\``, `exit ${kind.exit}`];
    if (kind.close !== undefined) facts.push(`close ${kind.close}`);
    facts.push(kind.retry ? "retry" : "no retry");
    lines.push(`## ${code}`, "", `${kind.means} **${kind.remedy}**`, "", facts.join(" · "), "");
  }
  return lines.join("\n");
}
