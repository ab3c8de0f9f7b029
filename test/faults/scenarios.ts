import { clocks } from "./clock.ts";
import { controlPlane } from "./control-plane.ts";
import { leaders } from "./leaders.ts";
import { pods } from "./pods.ts";
import { refusals } from "./refusals.ts";
import { rollouts } from "./rollouts.ts";
import type { Scenario } from "./scenario.ts";
import { steps } from "./steps.ts";
import { wire } from "./wire.ts";

/** Everything that must not lose a request. */
export const scenarios: Scenario[] = [
  ...rollouts,
  ...refusals,
  ...pods,
  ...steps,
  ...leaders,
  ...controlPlane,
  ...wire,
  ...clocks,
];
