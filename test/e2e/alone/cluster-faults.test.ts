import { controlPlane } from "../../faults/control-plane.ts";
import { pods } from "../../faults/pods.ts";
import { refusals } from "../../faults/refusals.ts";
import { rollouts } from "../../faults/rollouts.ts";
import { faultSuite } from "../../faults/suite.ts";

const scenarios = [...rollouts, ...refusals, ...pods, ...controlPlane].filter(
  ({ isLong }) => !isLong,
);
const test = faultSuite("No request is lost in", "cluster-faults-test", scenarios);

test.run();
