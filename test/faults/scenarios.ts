import { clocks } from "./clock.ts";
import { controlPlane } from "./control-plane.ts";
import { leaders } from "./leaders.ts";
import { pods } from "./pods.ts";
import { rollouts } from "./rollouts.ts";
import type { Scenario } from "./scenario.ts";
import { steps } from "./steps.ts";
import { wire } from "./wire.ts";

/** Everything that must not lose a request. */
export const scenarios: Scenario[] = [
  ...rollouts,
  ...pods,
  ...steps,
  ...leaders,
  ...controlPlane,
  ...wire,
  ...clocks,
];
