import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { systemEntropy, systemTimer } from "@arqon/core/base";
import { describeEngine, type EngineBench } from "./describe-engine.ts";
import { wrappingKeys } from "./file-keys.ts";
import { nodeDisk } from "./node-disk.ts";
import { openSegmentEngine } from "./segment-engine.ts";

async function makeBench(segmentBytes: number, encrypted = false): Promise<EngineBench> {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), "arqon-engine-"));
  const parts = { disk: nodeDisk(root), timer: systemTimer(), entropy: systemEntropy, segmentBytes };
  const fileKeys = encrypted ? wrappingKeys(systemEntropy(32), systemEntropy) : undefined;
  return {
    open: () => openSegmentEngine({ ...parts, fileKeys }),
    dispose: () => fs.rm(root, { recursive: true }),
  };
}

describeEngine("the segment engine", () => makeBench(32 * 1024));
describeEngine("the segment engine with tiny segments", () => makeBench(1000));
describeEngine("the encrypting segment engine", () => makeBench(32 * 1024, true));
describeEngine("the encrypting segment engine with tiny segments", () => makeBench(1000, true));
