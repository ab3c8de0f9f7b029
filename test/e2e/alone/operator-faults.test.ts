import { clocks } from "../../faults/clock.ts";
import { leaders } from "../../faults/leaders.ts";
import { steps } from "../../faults/steps.ts";
import { faultSuite } from "../../faults/suite.ts";
import { wire } from "../../faults/wire.ts";

const scenarios = [...steps, ...leaders, ...wire, ...clocks].filter(({ isLong }) => !isLong);
const test = faultSuite("No request is lost when", "operator-faults-test", scenarios);

test.run();
