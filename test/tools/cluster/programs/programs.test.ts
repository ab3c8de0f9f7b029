import * as assert from "uvu/assert";
import { suite } from "../../../support/suite.ts";
import { key } from "../../../../tools/support/cache.ts";
import { kubernetesVersion } from "../../../../tools/cluster/programs/programs.ts";

const test = suite("programs");

test("the version of Kubernetes is the one that go.mod requires", () => {
  const goMod = "require (\n\tk8s.io/kubelet v0.36.0\n\tk8s.io/kubernetes v1.36.3 // indirect\n)\n";
  assert.is(kubernetesVersion(goMod), "v1.36.3");
  assert.match(kubernetesVersion(), /^v1\.\d+\.\d+$/);
});

test("a go.mod without Kubernetes is refused", () => {
  assert.throws(() => kubernetesVersion("module a\n"), /does not name a version/);
});

test("a key changes with each of its texts, and with their borders", () => {
  const keys = [["a", "b"], ["a", "c"], ["b", "b"], ["ab"], ["a", "b", ""]].map(key);
  assert.is(new Set(keys).size, keys.length);
  assert.is(key(["a", "b"]), keys[0]);
  assert.match(key([]), /^[0-9a-f]{16}$/);
});

test.run();
