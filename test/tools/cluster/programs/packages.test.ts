import * as assert from "uvu/assert";
import { suite } from "../../../support/suite.ts";
import { missingPackages } from "../../../../tools/cluster/programs/packages.ts";

const test = suite("packages");

test("a machine that has everything misses nothing", () => {
  assert.equal(
    missingPackages(() => true),
    [],
  );
});

test("only what is missing is installed", () => {
  assert.equal(
    missingPackages((file) => !/\/(runc|bridge)$/.test(file)),
    ["containernetworking-plugins", "runc"],
  );
});

test("only what is asked for is looked for, and it has to be known", () => {
  assert.equal(
    missingPackages(() => false, ["buildah"]),
    ["buildah"],
  );
  assert.throws(
    () => missingPackages(() => false, ["builda"]),
    /^builda is not among the packages/,
  );
});

test.run();
