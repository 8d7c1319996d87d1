/** Noise: channels, models of which noise follows what, and machines' calibrations. */
export {
  CALIBRATION_LIMITS,
  CALIBRATION_SCHEMA,
  type Calibration,
  type GateCalibration,
  type QubitCalibration,
  readCalibration,
} from "./calibration.ts";
export {
  type Channel,
  choiChannel,
  composeChannels,
  incompleteness,
  krausChannel,
  tensorChannels,
} from "./channel.ts";
export {
  type DeviceNoiseOptions,
  depolarizingParameter,
  deviceNoise,
  type GateNoise,
  gateNoise,
} from "./device.ts";
export { averageGateFidelity, choi, pauliTransfer, processFidelity, superoperator } from "./forms.ts";
export { type Eigen, eigenHermitian } from "./hermitian.ts";
export {
  DEFAULT_HYGIENE,
  type ExaminedCalibration,
  examineCalibration,
  type Finding,
  type FindingKind,
  HYGIENE_POLICIES,
  type HygieneAction,
  type HygienePolicy,
} from "./hygiene.ts";
export { ibmCalibration } from "./ibm.ts";
export {
  type NoiseModel,
  NoiseModelBuilder,
  noiseKey,
  noiseName,
  noiseOf,
  type Placed,
  type Schedule,
} from "./model.ts";
export { type Confusion, confusion, confusionMatrix, readDistribution } from "./readout.ts";
export {
  amplitudeDamping,
  coherentError,
  depolarizing,
  pauliChannel,
  pauliLabels,
  pauliMatrix,
  phaseDamping,
  resetChannel,
} from "./standard.ts";
export { excitedPopulation, type Relaxation, thermalRelaxation } from "./thermal.ts";
