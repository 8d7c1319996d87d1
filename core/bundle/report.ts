/** What verification found, check by check. */
import type { CheckStatus } from "../proof/index.ts";
import type { BundleIds } from "./draft.ts";

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
  readonly checks: readonly Check[];
}

/** Collects findings. */
export class Findings {
  readonly checks: Check[] = [];

  add(name: CheckName, status: CheckStatus, detail: string, path?: string): void {
    this.checks.push({ name, status, detail, ...(path !== undefined && { path }) });
  }

  fail(name: CheckName, detail: string, path?: string): void {
    this.add(name, "failed", detail, path);
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
      this.fail(name, thrown instanceof Error ? thrown.message : String(thrown), path);
      return undefined;
    }
  }
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
