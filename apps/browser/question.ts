/** What passes between the page and the thread that simulates for it. */

/** A circuit to run. */
export interface Question {
  readonly source: string;
  readonly shots: number;
  /** Decimal or 0x digits. */
  readonly seed: string;
}

/** What came out, or why not. */
export type Answer =
  | {
      readonly kind: "result";
      readonly counts: readonly (readonly [outcome: string, count: number])[];
      readonly qubits: number;
      readonly gates: number;
      readonly engine: string;
      readonly reason: string;
      readonly warnings: readonly string[];
      /** SHA-256 of the counts as canonical JSON: the same here, in Node and on the server. */
      readonly sha256: string;
      /** SVG; empty when the circuit is too large for a picture. */
      readonly drawing: string;
      readonly elapsedMs: number;
    }
  | { readonly kind: "progress"; readonly fraction: number }
  | { readonly kind: "error"; readonly code: string; readonly message: string; readonly remedy: string };
