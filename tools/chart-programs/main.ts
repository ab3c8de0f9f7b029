/** Builds the programs that the chart's tests need: node tools/chart-programs/main.ts */
import { step } from "../support/progress.ts";
import { helmUnittest, kubeScore, monitors, prometheus } from "./programs.ts";

await step("Building helm-unittest (once, about 2 minutes)", helmUnittest);
await step("Building kube-score (once, about 1 minute)", kubeScore);
await step("Building Prometheus (once, about 3 minutes)", prometheus);
await step("Building the check of monitors (once, about 1 minute)", monitors);
