/** What verification found, check by check. */
import { ArqonError, type ErrorCode } from "../base/index.ts";
import type { CheckStatus } from "../proof/index.ts";
import type { BundleIds } from "./draft.ts";
import { ENVELOPE_PATH, PROOF_PATH, VIEW_PATHS } from "./layout.ts";
import { SUMS_PATH } from "./sums.ts";

/** The kinds of check, in the order they are made. */
export type CheckName =
  | "archive"
  | "paths"
  | "files"
  | "digests"
  | "canonical"
  | "schema"
  | "ids"
  | "results"
  | "statement"
  | "signature"
  | "parents"
  | "ledger"
  | "checkpoint"
  | "trust";

/** One finding. A kind of check that found several things gives several. */
export interface Check {
  readonly name: CheckName;
  readonly status: CheckStatus;
  /** One sentence for people. */
  readonly detail: string;
  /** The file it is about. */
  readonly path?: string;
  /** Of what failed: what of. */
  readonly code?: ErrorCode;
}

/**
 * VERIFIED: everything checked and good. UNTRUSTED: nothing is wrong with the bundle, but a signer is not in the trust
 * given, or this runtime could not check a suite. FAILED: something was changed, added, removed or never right.
 */
export type Verdict = "VERIFIED" | "UNTRUSTED" | "FAILED";

/** The whole report. */
export interface VerifyReport {
  readonly verdict: Verdict;
  /** Every signer is in an explicit trust store. */
  readonly trusted: boolean;
  /** As the bundle states them; believe them only when verified. */
  readonly ids?: BundleIds;
  /** What is wrong, in one code: the most particular of those of the checks. Absent where none failed. */
  readonly code?: ErrorCode;
  readonly checks: readonly Check[];
}

/** Collects findings. */
export class Findings {
  readonly checks: Check[] = [];

  add(name: CheckName, status: CheckStatus, detail: string, path?: string, code?: ErrorCode): void {
    this.checks.push({
      name,
      status,
      detail,
      ...(path !== undefined && { path }),
      ...(status === "failed" && { code: codeOf(name, path, code) }),
    });
  }

  fail(name: CheckName, detail: string, path?: string, code?: ErrorCode): void {
    this.add(name, "failed", detail, path, code);
  }

  /** Adds a success, unless this kind of check has failed already. */
  ok(name: CheckName, detail: string): void {
    if (!this.checks.some((check) => check.name === name && check.status === "failed"))
      this.add(name, "ok", detail);
  }

  /** Runs a step; whatever it throws is a finding of its own. */
  attempt<T>(name: CheckName, path: string | undefined, step: () => T): T | undefined {
    try {
      return step();
    } catch (thrown) {
      const code = thrown instanceof ArqonError ? thrown.code : undefined;
      this.fail(name, thrown instanceof Error ? thrown.message : String(thrown), path, code);
      return undefined;
    }
  }
}

/** What a check that failed means where it does not say. */
const MEANINGS: Partial<Record<CheckName, ErrorCode>> = {
  signature: "SIGNATURE_INVALID",
  ledger: "LEDGER_INVALID",
};

/** Whatever is wrong with a page for readers, the data do not depend on it. */
function codeOf(name: CheckName, path: string | undefined, code: ErrorCode | undefined): ErrorCode {
  if (path !== undefined && VIEW_PATHS.includes(path)) return "VIEW_TAMPERED";
  return code ?? MEANINGS[name] ?? "BUNDLE_TAMPERED";
}

/** Changes of these follow from others: of what they state, or of what is signed. */
const FOLLOWING: readonly (string | undefined)[] = [SUMS_PATH, ENVELOPE_PATH, PROOF_PATH];

/** The lower, the more it explains of what else failed. */
function rankOf({ name, code, path }: Check): number {
  if (name === "archive" || name === "paths" || name === "schema") return 0;
  if (code === "JSON_AMBIGUOUS" || code === "LIMIT_EXCEEDED") return 0;
  if (name === "signature") return 1;
  if (name === "trust") return 6;
  if (name === "ledger" || name === "checkpoint") return 4;
  if (code === "VIEW_TAMPERED") return 3;
  return FOLLOWING.includes(path) ? 5 : 2;
}

/** What is wrong, in one code; `undefined` where nothing failed. */
export function causeOf(checks: readonly Check[]): ErrorCode | undefined {
  const failed = checks.filter(({ status }) => status === "failed");
  return failed.toSorted((a, b) => rankOf(a) - rankOf(b))[0]?.code;
}

/** Whether any kind of check but those named failed. */
export function failedOutside(checks: readonly Check[], ...except: CheckName[]): boolean {
  return checks.some(({ name, status }) => status === "failed" && !except.includes(name));
}

/** The findings that are not "ok", as lines for people. */
export function problemsOf(report: VerifyReport): string[] {
  return report.checks
    .filter(({ status }) => status !== "ok")
    .map(({ name, status, detail, path }) => `${name} ${status}: ${path ? `${path}: ` : ""}${detail}`);
}
