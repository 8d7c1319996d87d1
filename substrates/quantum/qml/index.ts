/** Learning with quantum circuits: fidelity kernels of the ZZ feature map, and the variational classifier. */
export {
  addFeatureMap,
  type FeatureMap,
  featureMapCircuit,
  featureStates,
  type PairMap,
} from "./feature-map.ts";
export { stratifiedSplit } from "./folds.ts";
export { fidelityKernel, rbfKernel, sampledKernel } from "./kernel.ts";
export {
  type ChosenKernel,
  KERNEL_GRID,
  type KernelGrid,
  type KernelOptions,
  type KernelPrediction,
  quantumKernelClassifier,
  RBF_GRID,
  type RbfGrid,
  rbfClassifier,
} from "./kernel-classifier.ts";
export { type LabelledSet, labelledSet, QML_LIMITS, rowsAt } from "./labelled-set.ts";
export { decide, type Svm, trainSvm } from "./svm.ts";
export {
  type VariationalOptions,
  type VariationalPrediction,
  variationalCircuit,
  variationalClassifier,
} from "./variational.ts";
