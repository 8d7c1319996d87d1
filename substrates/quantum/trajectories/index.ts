/** Monte Carlo trajectories of noisy circuits on statevectors. */
export { TrajectoryPlan } from "./plan.ts";
export { runTrajectories, type TrajectoryOptions } from "./run.ts";
export { type Unravelling, unravel } from "./unravel.ts";
