import { scenarios } from "../../../faults/scenarios.ts";
import { faultSuite } from "../../../faults/suite.ts";

/** The others are in test/e2e/alone; `make test-faults` has all of them, with ten thousand requests each. */
const long = scenarios.filter(({ isLong }) => isLong);
const test = faultSuite("No request is lost, either, when", "long-faults-test", long);

test.run();
