/** The address of a capsule: what a decision is bound to. */
import { canonicalJson, sha256Hex, utf8 } from "@arqon/core/base";
import type { Capsule } from "@arqon/core/wire";

/** SHA-256 over every field of a capsule, independent of how protobuf wrote it; 64 hexadecimal digits. */
export function capsuleSha256(capsule: Capsule): string {
  const fields = {
    constraints: capsule.constraintsJson,
    name: capsule.name,
    parameters: capsule.parametersJson,
    program: sha256Hex(capsule.program),
    programMediaType: capsule.programMediaType,
    schema: capsule.schema,
    ...(capsule.sourceJson !== "" && { source: capsule.sourceJson }),
    ...(capsule.labelsJson !== "" && { labels: capsule.labelsJson }),
  };
  return sha256Hex(utf8(`arqon.capsule.v1\n${canonicalJson(fields)}`));
}
