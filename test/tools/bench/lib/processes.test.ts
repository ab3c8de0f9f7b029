import * as assert from "uvu/assert";
import {
  cpuSeconds,
  family,
  mainThreadSeconds,
  memory,
  parseAllowed,
  parseBusy,
  parseRollup,
  parseStat,
  processSeconds,
  residentMemory,
  usage,
  type Usage,
} from "../../../../tools/bench/lib/processes.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("processes");

test("a program's name may have spaces and parentheses", () => {
  const text = "42 (a (b) c) S 7 42 42 0 -1 4194560 1 2 3 4 100 50 20 10 20 0 6 0 1 2 3";
  assert.equal(parseStat(text), { pid: 42, parent: 7, isZombie: false, seconds: 1.8 });
});

test("a process that ended and was not asked for is a zombie", () => {
  assert.ok(parseStat("42 (node) Z 7 42 42 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 1 2 3").isZombie);
});

test("a family is a process with its children and theirs, and nobody else", () => {
  const stat = (pid: number, parent: number) => ({ pid, parent, isZombie: false, seconds: 0 });
  const stats = [stat(1, 0), stat(2, 1), stat(3, 2), stat(4, 3), stat(5, 1)];
  assert.equal(
    family(stats, 2).map(({ pid }) => pid),
    [2, 3, 4],
  );
});

test("the family of a process that has ended is empty", () => {
  assert.equal(family([{ pid: 1, parent: 0, isZombie: false, seconds: 0 }], 2), []);
});

const used = (threads: Record<string, number>, seconds: number): Usage => ({
  threads: new Map(Object.entries(threads)),
  seconds,
});

test("CPU is counted to the nanosecond while the threads live", () => {
  const before = used({ 1: 1_000_000, 2: 5_000_000 }, 0);
  const after = used({ 1: 2_000_000, 2: 5_500_000, 3: 250_000 }, 0.01);
  assert.is(cpuSeconds(before, after).toFixed(9), "0.001750000");
});

test("what threads used that have ended is not lost", () => {
  const before = used({ 1: 1_000_000, 2: 5_000_000 }, 1);
  const after = used({ 1: 2_000_000 }, 1.5);
  assert.is(cpuSeconds(before, after), 0.5);
});

test("memory is read in bytes", () => {
  const text =
    "55d0-7ffe ---p 00000000 00:00 0  [rollup]\nRss:   2048 kB\nPss:   1024 kB\nPss_Anon: 3 kB\n";
  assert.equal(parseRollup(text), { rss: 2 ** 21, pss: 2 ** 20 });
});

test("time in which a CPU waited is not busy, time that a hypervisor took is", () => {
  const text = "cpu  100 20 30 9000 400 5 6 39 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n";
  assert.is(parseBusy(text), 2);
});

test("ranges of CPUs are written out", () => {
  assert.equal(parseAllowed("Name:\tnode\nCpus_allowed_list:\t0,2-4\n"), [0, 2, 3, 4]);
});

test("this process has used CPU and has memory", () => {
  const { threads, seconds } = usage(process.pid);
  assert.ok(seconds > 0);
  assert.ok([...threads.values()].some((nanoseconds) => nanoseconds > 0));
  const { rss, pss, processes } = memory(process.pid);
  assert.is(processes, 1);
  assert.ok(rss >= pss && pss > 1_000_000);
});

test("the main thread of this process has used a part of its CPU", () => {
  const main = mainThreadSeconds(process.pid);
  assert.ok(main > 0 && main <= processSeconds(process.pid));
});

test("a process has had more memory than now, or as much", () => {
  const { now, peak } = residentMemory(process.pid);
  assert.ok(peak >= now && now > 1_000_000);
});

test("a process that does not exist has nothing", () => {
  assert.equal(memory(2 ** 30), { rss: 0, pss: 0, processes: 0 });
});

test.run();
