import * as assert from "uvu/assert";
import { networkPolicy } from "../../../operator/src/resources/network-policy.ts";
import { allowedPeers, intentFr } from "../fixtures.ts";
import { isGolden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("network policy");

test("opens what is served to everybody, and the ops port to a few", () => {
  isGolden(networkPolicy(intentFr(), allowedPeers), "network-policy/default");
});

test("is the same whether gRPC is served or not, so that a rollout may go from one to the other", () => {
  const grpc = intentFr({ server: { grpc: true } });
  assert.equal(networkPolicy(grpc, allowedPeers), networkPolicy(intentFr(), allowedPeers));
});

test("opens the ops port to no other namespace where none collects metrics", () => {
  const policy = networkPolicy(intentFr(), { ...allowedPeers, monitoringNamespaces: [] });
  const from = policy?.spec?.ingress?.[1]?.from ?? [];
  assert.equal(
    from.map((peer) => Object.keys(peer)),
    [["podSelector"], ["namespaceSelector", "podSelector"]],
  );
});

test("does not exist where the installation wants none", () => {
  assert.is(networkPolicy(intentFr(), undefined), undefined);
});

test.run();
