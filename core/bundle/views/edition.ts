/** The pairs of RO-Crate and Process Run Crate that a bundle's crate can follow. */
import type { Json } from "../../base/index.ts";

/** "1.1" is the pair that validators know whole; "1.3" the newer one. */
export type CrateEdition = "1.1" | "1.3";

/** What differs between the editions. */
export interface Edition {
  readonly crate: string;
  readonly context: string;
  readonly process: string;
  readonly processVersion: string;
  readonly profileType: Json;
}

const edition = (crate: string, process: string, profileType: Json): Edition => ({
  crate: `https://w3id.org/ro/crate/${crate}`,
  context: `https://w3id.org/ro/crate/${crate}/context`,
  process: `https://w3id.org/ro/wfrun/process/${process}`,
  processVersion: process,
  profileType,
});

export const CRATE_EDITIONS: Readonly<Record<CrateEdition, Edition>> = {
  "1.1": edition("1.1", "0.5", "CreativeWork"),
  "1.3": edition("1.3", "0.6", ["CreativeWork", "Profile"]),
};
