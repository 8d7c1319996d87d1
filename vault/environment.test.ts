import { homedir, hostname, networkInterfaces, userInfo } from "node:os";
import { canonicalJson } from "@arqon/core/base";
import { expect, test } from "vitest";
import { gpuModel } from "./environment.ts";
import { captureEnvironment } from "./front.ts";

test("the snapshot names what may change numbers, and takes only allowed variables", () => {
  const env = {
    TZ: "Asia/Kolkata",
    LANG: "de_DE.UTF-8",
    OMP_NUM_THREADS: "4",
    AWS_SECRET_ACCESS_KEY: "hunter2hunter2",
    HOME: "/root",
  };
  const { stable, informational } = captureEnvironment(env);
  expect(Object.keys(stable)).toEqual(["arch", "cpuFlags", "endianness", "node", "platform", "v8"]);
  expect(informational["variables"]).toEqual({
    LANG: "de_DE.UTF-8",
    OMP_NUM_THREADS: "4",
    TZ: "Asia/Kolkata",
  });
  expect(informational["environmentVariables"]).toBe(5);
  expect(informational["gpus"]).toEqual(expect.any(Array));
  const text = canonicalJson({ stable, informational });
  expect(text).not.toContain("hunter2");
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ mac }) => mac) ?? []);
  for (const secret of [hostname(), homedir(), process.cwd(), userInfo().username, ...addresses])
    if (secret.length > 4 && !/^[0:]+$/.test(secret)) expect(text).not.toContain(secret);
});

test("of what a GPU's driver says, the model alone is taken", () => {
  const said =
    "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 119\nGPU UUID: \t GPU-0a1b2c3d\nBus Location: \t 0000:19:00.0\n";
  expect(gpuModel(said)).toBe("NVIDIA H100 80GB HBM3");
  expect(gpuModel("IRQ: 1\n")).toBeUndefined();
});

test("paths in allowed variables are left out", () => {
  for (const TZ of [":/etc/localtime", "/home/ada/zone", "~/zone", "a b", "x".repeat(100)])
    expect(captureEnvironment({ TZ }).informational["variables"]).toEqual({});
});

test("two snapshots of one machine agree in what is stable", () => {
  expect(captureEnvironment().stable).toEqual(captureEnvironment({}).stable);
});
