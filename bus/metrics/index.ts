/** What a bus counts of itself, and the page Prometheus reads it from. */
export * from "./histogram.ts";
export * from "./meter.ts";
export * from "./paced.ts";
export {
  type BusReading,
  boundedTypes,
  METRICS_MEDIA_TYPE,
  metricsPage,
  type RealityReading,
} from "./page.ts";
export * from "./parse.ts";
export * from "./topic-class.ts";
