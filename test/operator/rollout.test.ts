import * as assert from "uvu/assert";
import { rollout, type Rollout, type Situation } from "../../operator/src/rollout.ts";
import { suite } from "../support/suite.ts";

const test = suite("rollout");

interface Case {
  title: string;
  when: Partial<Situation>;
  decided: Partial<Rollout>;
}

const cases: Case[] = [
  {
    title: "the first revision gets the traffic from the start",
    when: { desired: "aaa" },
    decided: { serving: "aaa", candidate: undefined },
  },
  {
    title: "nothing happens while the desired revision serves",
    when: { desired: "aaa", current: "aaa", established: true, existing: ["aaa"] },
    decided: { serving: "aaa", candidate: undefined, superseded: [] },
  },
  {
    title: "a changed revision becomes a candidate beside the serving one",
    when: { desired: "bbb", current: "aaa", established: true, existing: ["aaa", "bbb"] },
    decided: { serving: "aaa", candidate: "bbb", superseded: [] },
  },
  {
    title: "a complete candidate gets the traffic, and the old one stays until that is seen",
    when: {
      desired: "bbb",
      current: "aaa",
      established: true,
      complete: true,
      existing: ["aaa", "bbb"],
    },
    decided: { serving: "bbb", candidate: undefined, superseded: [] },
  },
  {
    title: "the old revision goes once another one has been seen to get the traffic",
    when: {
      desired: "bbb",
      current: "bbb",
      established: true,
      complete: true,
      existing: ["aaa", "bbb"],
    },
    decided: { serving: "bbb", superseded: ["aaa"] },
  },
  {
    title: "a candidate that the spec no longer asks for goes",
    when: { desired: "ccc", current: "aaa", established: true, existing: ["aaa", "bbb"] },
    decided: { serving: "aaa", candidate: "ccc", superseded: ["bbb"] },
  },
  {
    title: "going back to the serving revision removes the candidate and touches nothing else",
    when: { desired: "aaa", current: "aaa", established: true, existing: ["aaa", "bbb"] },
    decided: { serving: "aaa", candidate: undefined, superseded: ["bbb"] },
  },
  {
    title: "a first revision that never answered is replaced at once",
    when: { desired: "bbb", current: "aaa", existing: ["aaa"] },
    decided: { serving: "bbb", candidate: undefined, superseded: [] },
  },
  {
    title: "everything stays while it cannot be said what the spec asks for",
    when: { current: "aaa", established: true, existing: ["aaa", "bbb"] },
    decided: { serving: "aaa", candidate: undefined, superseded: [] },
  },
  {
    title: "there is nothing as long as nothing can be said",
    when: {},
    decided: { serving: undefined, candidate: undefined, superseded: [] },
  },
];

for (const { title, when, decided } of cases) {
  test(title, () => {
    const nothing = { desired: undefined, current: undefined, existing: [] };
    const actual = rollout({ ...nothing, established: false, complete: false, ...when });
    assert.equal({ ...actual, ...decided }, actual);
  });
}

test.run();
