/** Contract suites of the lab, for vitest. */
export { describePlugin, type PluginSubject } from "./describe-plugin.ts";
