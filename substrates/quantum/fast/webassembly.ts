/** The little of WebAssembly that is used here, typed: the language library of this project has no browser types. */

/** Memory of a state; `buffer` is a SharedArrayBuffer where threads share it. */
export interface Memory {
  readonly buffer: ArrayBufferLike;
}

interface Api {
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: boolean;
  }) => Memory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: Memory } },
  ) => { readonly exports: object };
}

export const wasm: Api = (globalThis as unknown as { readonly WebAssembly: Api }).WebAssembly;
