/**
 * How many times as long as usual tests wait for what they wait for. The test run raises it where
 * many tests share the machine; alone, a failure is told sooner.
 */
export const patience = Math.max(1, Number(process.env["TEST_PATIENCE"]) || 1);
