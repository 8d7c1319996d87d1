import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { systemEntropy, systemTimer } from "@arqon/core/base";
import { describeEngine, type EngineBench } from "./describe-engine.ts";
import { nodeDisk } from "./node-disk.ts";
import { openSegmentEngine } from "./segment-engine.ts";

async function makeBench(segmentBytes: number): Promise<EngineBench> {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), "arqon-engine-"));
  return {
    open: () =>
      openSegmentEngine({ disk: nodeDisk(root), timer: systemTimer(), entropy: systemEntropy, segmentBytes }),
    dispose: () => fs.rm(root, { recursive: true }),
  };
}

describeEngine("the segment engine", () => makeBench(32 * 1024));
describeEngine("the segment engine with tiny segments", () => makeBench(1000));
