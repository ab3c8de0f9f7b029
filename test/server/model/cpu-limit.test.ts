import * as assert from "uvu/assert";
import { cpuLimit, runThreads } from "../../../server/src/model/cpu-limit.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cpu limit");

const v1 = (quota: string, period = "100000\n") => ({
  "cpu/cpu.cfs_quota_us": quota,
  "cpu/cpu.cfs_period_us": period,
});

const rows: [
  name: string,
  files: Record<string, string>,
  limit: number | undefined,
  threads: number,
][] = [
  ["no control group", {}, undefined, 1],
  ["version 2 without a limit", { "cpu.max": "max 100000\n" }, undefined, 1],
  ["version 2 with half a CPU", { "cpu.max": "50000 100000\n" }, 0.5, 1],
  ["version 2 with one and a half", { "cpu.max": "150000 100000\n" }, 1.5, 1],
  ["version 2 with four and another period", { "cpu.max": "200000 50000\n" }, 4, 4],
  ["version 1 without a limit", v1("-1\n"), undefined, 1],
  ["version 1 with three", v1("300000\n"), 3, 3],
  ["version 1 with less than one", v1("25000\n"), 0.25, 1],
  ["both, of which version 2 counts", { "cpu.max": "200000 100000", ...v1("900000") }, 2, 2],
  ["something that is no number", { "cpu.max": "many few\n" }, undefined, 1],
  ["an empty file", { "cpu.max": "" }, undefined, 1],
  ["a period of nothing", v1("100000", "0"), undefined, 1],
];

for (const [name, files, limit, threads] of rows) {
  test(`${name}: ${limit ?? "no"} CPUs, threads: ${threads}`, () => {
    const read = (file: string) => files[file];
    assert.is(cpuLimit(read), limit);
    assert.is(runThreads(read), threads);
  });
}

test("the control group of this machine can be read", () => {
  assert.ok(runThreads() >= 1);
});

test.run();
