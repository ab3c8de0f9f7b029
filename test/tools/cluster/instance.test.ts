import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { instance } from "../../../tools/cluster/instance.ts";

const test = suite("instance");

test("the same checkout always gets the same names", () => {
  assert.equal(instance("/home/ann/intendant"), instance("/home/ann/intendant"));
});

test("two checkouts share no name", () => {
  const one = instance("/home/ann/intendant");
  const other = instance("/home/bob/intendant");
  for (const [name, value] of Object.entries(one)) {
    assert.is.not(value, other[name as keyof typeof other], name);
  }
});

test("names are short enough for the kernel, however long the checkout's path", () => {
  const { link, containerd } = instance(`/home/${"long/".repeat(200)}`);
  assert.ok(link.length <= 15, link);
  assert.ok(containerd.length + ".ttrpc".length <= 107, containerd);
});

test.run();
