import { globSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { V1Lease } from "@kubernetes/client-node";
import { kinds, type Wire } from "../../operator/src/kube/resource.ts";
import { eventually, system } from "../e2e/world.ts";
import { since, underTraffic, type Scenario } from "./scenario.ts";
import { withOperator, type Stage } from "./stage.ts";

type Lease = Wire<V1Lease>;

/** Somebody sets the time of the operator's machine. */
export const clocks: Scenario[] = [
  {
    title: "the operator's clock jumps an hour forward, then two hours back, each during a rollout",
    isLong: true,
    run: (stage, round) =>
      underTraffic(stage, round, async () => {
        const clock = movableClock();
        try {
          return await withOperator(
            stage.operator("faults-a", clock.environment),
            async (operator) => {
              await stage.settled();
              await eventually("it leads", 60, async () => operator.hasLogged("Became leader"));
              const before = await lease(stage);
              const started = performance.now();
              for (const hours of [1, -1]) {
                await stage.change();
                await eventually(
                  "the rollout is under way",
                  30,
                  async () => (await stage.model()).status?.candidate?.since,
                );
                clock.move(hours);
                await eventually(`the operator's clock is ${hours} h off`, 30, async () =>
                  isOff((await lease(stage)).spec?.renewTime, hours),
                );
                await stage.settled();
              }
              const after = await lease(stage);
              if (after.spec?.leaseTransitions !== before.spec?.leaseTransitions) {
                throw new Error("it lost the lease");
              }
              return `the lease was kept, two rollouts in ${since(started)}`;
            },
          );
        } finally {
          clock.remove();
        }
      }),
  },
];

async function lease({ api }: Stage): Promise<Lease> {
  return (await api.read<Lease>(kinds.lease, system, "intendant"))!;
}

function isOff(time: string | undefined, hours: number): boolean {
  if (time === undefined) return false;
  return Math.abs(Date.parse(time) - Date.now() - hours * 3_600_000) < 600_000;
}

/** A clock of one process, beside the machine's; time that only moves forward is left alone. */
function movableClock() {
  const [library] = globSync("/usr/lib/*/faketime/libfaketime.so.1");
  if (library === undefined) throw new Error("libfaketime is missing; run: make setup");
  const folder = mkdtempSync(join(tmpdir(), "intendant-"));
  const file = join(folder, "offset");
  const move = (hours: number) => {
    // At once as a whole, because it is read at any moment.
    writeFileSync(`${file}.new`, `${hours < 0 ? "" : "+"}${hours * 3600}\n`);
    renameSync(`${file}.new`, file);
  };
  move(0);
  return {
    move,
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
