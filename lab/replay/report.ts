/** What a replay found. */
import type { FieldDifference } from "./difference.ts";
import type { DistancePoint, Lyapunov } from "./growth.ts";
import type { Override } from "./override.ts";

/** The first output of an operator that is not what was recorded. */
export interface Divergence {
  readonly operator: string;
  /** "changed", or an output that only the recording ("missing") or only the replay ("extra") has. */
  readonly kind: "changed" | "missing" | "extra";
  /** Which of the operator's outputs, from 0. */
  readonly index: number;
  /** Where the recorded output stands in the log; absent when there is none. */
  readonly sequence?: number;
  /** The message that was handled: its id, sequence and UTC time in microseconds. */
  readonly cause: { readonly id: string; readonly sequence: number; readonly timeUs: number };
  readonly fields: readonly FieldDifference[];
}

/** Outputs of one side. */
export interface OutputsOf {
  readonly outputs: number;
  /** Head of the chain of hashes over them, 64 hexadecimal digits. */
  readonly chain: string;
}

/** What was found of one operator. */
export interface OperatorReport {
  readonly operator: string;
  readonly verdict: "IDENTICAL" | "DIVERGED" | "NOT_RECORDED";
  readonly inputs: number;
  readonly recorded: OutputsOf;
  readonly replayed: OutputsOf;
  /** Outputs that replay gave for messages which the recorded run, cut off, may not have handled. Not compared. */
  readonly beyond: number;
  readonly first?: Divergence;
  /** Outputs that are not what was recorded. */
  readonly differing: number;
  /** Distance of the numbers in the payloads from the first divergence on, at most 1,000 points. */
  readonly distance: readonly DistancePoint[];
  readonly lyapunov?: Lyapunov;
}

/** What a replay found. */
export interface ReplayReport {
  /** NOT_COMPARABLE: no operator was replayed of which the recording has a run. */
  readonly verdict: "IDENTICAL" | "DIVERGED" | "NOT_COMPARABLE";
  /** The Reality the recording was played into. */
  readonly reality: string;
  readonly source: { readonly reality: string; readonly epoch: string };
  /** Sequences of the first and last message of the range. */
  readonly from: number;
  readonly to: number;
  /** Where reading began, so that the operators have the state they had. */
  readonly warmFrom: number;
  /** Messages of the range that were played. */
  readonly played: number;
  /** Messages whose payload an override changed. */
  readonly overridden: number;
  readonly overrides: readonly Override[];
  readonly operators: readonly OperatorReport[];
  /** The earliest of the operators' divergences, by the message that was handled. */
  readonly first?: Divergence;
  /** What makes the comparison weaker than it looks. */
  readonly warnings: readonly string[];
}
