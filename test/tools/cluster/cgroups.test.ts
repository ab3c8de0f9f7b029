import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { hierarchies } from "../../../tools/cluster/cgroups.ts";

const test = suite("cgroups");

test("version 1 has a hierarchy for each controller", () => {
  const mounts = [
    "tmpfs /sys/fs/cgroup tmpfs ro,nosuid 0 0",
    "cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu 0 0",
    "cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0",
    "cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0",
    "",
  ].join("\n");
  assert.equal(hierarchies(mounts), [
    "/sys/fs/cgroup/cpu",
    "/sys/fs/cgroup/memory",
    "/sys/fs/cgroup/unified",
  ]);
});

test("version 2 has one hierarchy", () => {
  const mounts = "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n";
  assert.equal(hierarchies(mounts), ["/sys/fs/cgroup"]);
});

test.run();
