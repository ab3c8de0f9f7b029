import * as assert from "uvu/assert";
import { rollout, type Rollout, type Situation } from "../../operator/src/rollout.ts";
import { suite } from "../support/suite.ts";

const test = suite("rollout");

interface Case {
  title: string;
  when: Partial<Situation>;
  then: Partial<Rollout>;
}

const cases: Case[] = [
  {
    title: "the first revision gets the traffic from the start",
    when: { desired: "aaa" },
    then: { serving: "aaa", candidate: undefined },
  },
  {
    title: "nothing happens while the desired revision serves",
    when: { desired: "aaa", current: "aaa", established: true, existing: ["aaa"] },
    then: { serving: "aaa", candidate: undefined, superseded: [] },
  },
  {
    title: "a changed revision becomes a candidate beside the serving one",
    when: { desired: "bbb", current: "aaa", established: true, existing: ["aaa", "bbb"] },
    then: { serving: "aaa", candidate: "bbb", superseded: [] },
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
    then: { serving: "bbb", candidate: undefined, superseded: [] },
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
    then: { serving: "bbb", superseded: ["aaa"] },
  },
  {
    title: "a candidate that the spec no longer asks for goes",
    when: { desired: "ccc", current: "aaa", established: true, existing: ["aaa", "bbb"] },
    then: { serving: "aaa", candidate: "ccc", superseded: ["bbb"] },
  },
  {
    title: "going back to the serving revision removes the candidate and touches nothing else",
    when: { desired: "aaa", current: "aaa", established: true, existing: ["aaa", "bbb"] },
    then: { serving: "aaa", candidate: undefined, superseded: ["bbb"] },
  },
  {
    title: "a first revision that never answered is replaced at once",
    when: { desired: "bbb", current: "aaa", existing: ["aaa"] },
    then: { serving: "bbb", candidate: undefined, superseded: [] },
  },
  {
    title: "everything stays while it cannot be said what the spec asks for",
    when: { current: "aaa", established: true, existing: ["aaa", "bbb"] },
    then: { serving: "aaa", candidate: undefined, superseded: [] },
  },
  {
    title: "there is nothing as long as nothing can be said",
    when: {},
    then: { serving: undefined, candidate: undefined, superseded: [] },
  },
];

for (const { title, when, then } of cases) {
  test(title, () => {
    const nothing = { desired: undefined, current: undefined, existing: [] };
    const decided = rollout({ ...nothing, established: false, complete: false, ...when });
    assert.equal({ ...decided, ...then }, decided);
  });
}

test.run();
