/** Compiles the WebAssembly kernels and writes them as base64 into TypeScript. Run: node tools/build-kernels.ts [--check] */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = new URL("..", import.meta.url).pathname;

/** One kernel: its AssemblyScript and the generated file that carries it. */
interface Kernel {
  readonly source: string;
  readonly generated: string;
  readonly constant: string;
  /** Further flags of the compiler. */
  readonly flags?: readonly string[];
}

/** All kernels of the repository built this way. */
const KERNELS: readonly Kernel[] = [
  {
    source: "substrates/quantum/kernel/assembly/index.ts",
    generated: "substrates/quantum/kernel/gen/kernel-f64.ts",
    constant: "QUANTUM_KERNEL_F64",
    flags: ["--use", "Real=f64", "--maximumMemory", "65536"],
  },
  {
    source: "substrates/quantum/kernel/assembly/index.ts",
    generated: "substrates/quantum/kernel/gen/kernel-f32.ts",
    constant: "QUANTUM_KERNEL_F32",
    flags: ["--use", "Real=f32", "--maximumMemory", "65536"],
  },
  {
    source: "substrates/quantum/kernel/assembly/frames.ts",
    generated: "substrates/quantum/kernel/gen/kernel-frames.ts",
    constant: "FRAME_KERNEL",
    flags: ["--maximumMemory", "65536"],
  },
  {
    source: "bus/kernel/assembly/index.ts",
    generated: "bus/kernel/gen/kernel.ts",
    constant: "BUS_KERNEL",
  },
];

/** Compiles a kernel and returns the text of its generated file. */
function buildKernel(kernel: Kernel): string {
  const folder = mkdtempSync(join(tmpdir(), "kernel-"));
  try {
    const wasm = join(folder, "kernel.wasm");
    const asc = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
    const flags = [
      "-O3",
      "--noAssert",
      "--runtime",
      "stub",
      "--importMemory",
      "--enable",
      "simd",
      "--use",
      "abort=",
      "--disableWarning",
      "112",
      ...(kernel.flags ?? []),
    ];
    execFileSync(process.execPath, [asc, kernel.source, "--outFile", wasm, ...flags], {
      cwd: ROOT,
      stdio: "inherit",
    });
    const text = readFileSync(wasm).toString("base64");
    return `// Made by tools/build-kernels.ts from ${kernel.source}: do not edit.\nexport const ${kernel.constant}: string =\n  "${text}";\n`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const isCurrent = (kernel: Kernel): boolean =>
  readFileSync(join(ROOT, kernel.generated), "utf8") === buildKernel(kernel);

if (process.argv.includes("--check")) process.exitCode = KERNELS.every(isCurrent) ? 0 : 1;
else for (const kernel of KERNELS) writeFileSync(join(ROOT, kernel.generated), buildKernel(kernel));
