import { setTimeout as pause } from "node:timers/promises";
import { startPart, stopPart } from "../../tools/cluster/cluster.ts";
import { here } from "../../tools/cluster/instance.ts";
import { processOf } from "../../tools/cluster/parts.ts";
import { ask } from "../../tools/cluster/api.ts";
import { eventually } from "../e2e/world.ts";
import { since, underTraffic, type Round, type Scenario } from "./scenario.ts";
import { withOperator, type Stage } from "./stage.ts";

/** What happens to Kubernetes itself, in the middle of a rollout. */
export const controlPlane: Scenario[] = [
  {
    title: "the API server is killed and started again, during a rollout",
    run: (stage, round) =>
      duringRollout(stage, round, async () => {
        const started = performance.now();
        await stopPart(here, "kube-apiserver");
        startPart(here, "kube-apiserver");
        await eventually("the API server is ready", 60, async () => ask(here, "/readyz"));
        return `away for ${since(started)}`;
      }),
  },
  {
    title: "etcd stands still, during a rollout",
    run: (stage, round) =>
      duringRollout(stage, round, async () => {
        const seconds = round.all ? 30 : 6;
        const pid = processOf(here, "etcd");
        if (pid === undefined) throw new Error("etcd is not running");
        process.kill(pid, "SIGSTOP");
        // How long it stands still is what this is about.
        await pause(seconds * 1000);
        process.kill(pid, "SIGCONT");
        return `for ${seconds} s`;
      }),
  },
  {
    title: "etcd is killed and started again, during a rollout",
    isLong: true,
    run: (stage, round) =>
      duringRollout(stage, round, async () => {
        const started = performance.now();
        await stopPart(here, "etcd");
        startPart(here, "etcd");
        await eventually("the API server is ready", 60, async () => ask(here, "/readyz"));
        return `away for ${since(started)}`;
      }),
  },
];

/** Begins a rollout, lets the fault happen when the candidate is there, and waits for its end. */
function duringRollout(stage: Stage, round: Round, fault: () => Promise<string>) {
  return underTraffic(stage, round, () =>
    withOperator(stage.operator(), async ({ proxy }) => {
      await stage.settled();
      await stage.change();
      await eventually("the candidate's Deployment exists", 30, async () =>
        proxy.effects.some(({ resource }) => resource === "deployments"),
      );
      const note = await fault();
      const mended = performance.now();
      await stage.settled();
      return `${note}; the rollout ended ${since(mended)} later`;
    }),
  );
}
