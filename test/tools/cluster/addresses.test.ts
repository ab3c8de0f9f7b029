import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { addresses, freeOctet } from "../../../tools/cluster/addresses.ts";

const test = suite("addresses");

test("a cluster's network derives from its id", () => {
  assert.is(freeOctet("0a000000", []), 10);
  assert.is(freeOctet("ff000000", []), 255);
});

test("a network that a route leads to is not taken", () => {
  assert.is(freeOctet("0a000000", ["10.10.0.0/16"]), 11);
  assert.is(freeOctet("0a000000", ["10.10.7.0/24", "10.11.0.9"]), 12);
  assert.is(freeOctet("0a000000", ["10.8.0.0/13"]), 16);
  assert.is(freeOctet("ff000000", ["10.255.0.0/16"]), 0);
});

test("routes to elsewhere and the default route are not in the way", () => {
  assert.is(freeOctet("0a000000", ["default", "0.0.0.0/0", "192.168.1.0/24", "11.10.0.0/16"]), 10);
});

test("a machine without a free network gets a sentence", () => {
  assert.throws(() => freeOctet("0a000000", ["10.0.0.0/8"]), /overlaps a route of this machine/);
});

test("all addresses lie within the cluster's network", () => {
  const { network, ...all } = addresses(42);
  assert.is(network, "10.42.0.0/16");
  for (const address of Object.values(all)) assert.match(address, /^10\.42\./);
});

test.run();
