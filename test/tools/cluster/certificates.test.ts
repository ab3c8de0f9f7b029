import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { addresses } from "../../../tools/cluster/addresses.ts";
import { certificates } from "../../../tools/cluster/certificates.ts";

const test = suite("certificates");
const all = certificates(addresses(7));
const byName = (name: string) => all.find((certificate) => certificate.name === name);

test("the API server is certified for the node, for pods and for this machine", () => {
  const extension = byName("apiserver")?.extension ?? "";
  const names = ["IP:10.7.0.2", "IP:10.7.128.1", "IP:127.0.0.1", "DNS:kubernetes.default.svc"];
  for (const name of names) assert.ok(extension.split(/[=,]/).includes(name), name);
});

test("kubelet calls as a node, so that it may do what a node may", () => {
  assert.is(byName("kubelet")?.subject, "/O=system:nodes/CN=system:node:node");
});

test("an aggregated API trusts an authority of its own", () => {
  const signedBy = all.filter(({ authority }) => authority === "front-proxy-ca");
  assert.equal(
    signedBy.map(({ name }) => name),
    ["front-proxy"],
  );
});

test.run();
