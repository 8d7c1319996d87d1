/** Failures of a device, by a device that only fails; amplitudes are checked on real ones, in tests/browser and by hand. */
import { expect, test } from "vitest";
import { parseQasm2 } from "../qasm/parser.ts";
import type { GpuBuffer, GpuDevice } from "./device.ts";
import { gpuState } from "./statevector.ts";

const circuit = parseQasm2('OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; h q; cx q[0],q[1];', "t");

interface Faults {
  readonly pipeline?: string;
  readonly scope?: string;
  readonly map?: string;
  readonly pop?: string;
}

/** Counts scopes that are open and buffers that are not destroyed. */
function failing({ pipeline, scope, map, pop }: Faults) {
  const open = { scopes: 0, buffers: 0 };
  const buffer = (): GpuBuffer => {
    open.buffers++;
    return {
      mapAsync: () => (map ? Promise.reject(new Error(map)) : Promise.resolve()),
      getMappedRange: () => new ArrayBuffer(64),
      unmap: () => {},
      destroy: () => {
        open.buffers--;
      },
    };
  };
  const pass = { setPipeline: () => {}, setBindGroup: () => {}, dispatchWorkgroups: () => {}, end: () => {} };
  const device: GpuDevice = {
    limits: { maxStorageBufferBindingSize: 1e9, maxBufferSize: 1e9, maxComputeWorkgroupsPerDimension: 65535 },
    queue: { writeBuffer: () => {}, submit: () => {} },
    createBuffer: buffer,
    createShaderModule: () => ({}),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createComputePipelineAsync: () =>
      pipeline ? Promise.reject(new Error(pipeline)) : Promise.resolve({ getBindGroupLayout: () => ({}) }),
    createBindGroup: () => ({}),
    createCommandEncoder: () => ({
      beginComputePass: () => pass,
      copyBufferToBuffer: () => {},
      finish: () => ({}),
    }),
    pushErrorScope: () => {
      open.scopes++;
    },
    popErrorScope: () => {
      open.scopes--;
      if (pop) return Promise.reject(new Error(pop));
      return Promise.resolve(scope && open.scopes === 0 ? { message: scope } : null);
    },
  };
  return { device, open };
}

test.each<[string, Faults, string]>([
  ["a pipeline that cannot be made", { pipeline: "bad shader" }, "bad shader"],
  ["an error in a scope", { scope: "buffer too large" }, "buffer too large"],
  ["an error in a scope goes before what came of it", { scope: "first", map: "then" }, "first"],
  ["a buffer that cannot be read", { map: "device lost" }, "device lost"],
  ["scopes of a lost device", { pop: "lost" }, "lost"],
])("%s is one error by code, and leaves no scope and no buffer", async (_name, faults, words) => {
  const { device, open } = failing(faults);
  await expect(gpuState(circuit, device)).rejects.toMatchObject({
    code: "EXECUTION_FAILED",
    message: expect.stringContaining(words),
  });
  expect(open).toEqual({ scopes: 0, buffers: 0 });
});

test("a device that does what it is told leaves nothing behind either", async () => {
  const { device, open } = failing({});
  expect((await gpuState(circuit, device)).re.length).toBe(8);
  expect(open).toEqual({ scopes: 0, buffers: 0 });
});
