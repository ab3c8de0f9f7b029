import * as assert from "uvu/assert";
import { httpRoute } from "../../../operator/src/resources/http-route.ts";
import { intentFr } from "../fixtures.ts";
import { isGolden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("HTTPRoute");

test("of a Gateway", () => {
  const expose = { httpRoute: { parentRefs: [{ name: "public" }], path: "/" } };
  isGolden(httpRoute(intentFr({ expose })), "http-route/default");
});

test("of a listener of a Gateway elsewhere, with hosts, a path and annotations", () => {
  const expose = {
    httpRoute: {
      parentRefs: [{ name: "public", namespace: "gateways", sectionName: "https" }],
      hostnames: ["intent.example.com", "*.intent.example.com"],
      path: "/intent",
      annotations: { "example.com/owner": "ml" },
    },
  };
  isGolden(httpRoute(intentFr({ expose })), "http-route/full");
});

test("does not exist where the spec has none", () => {
  assert.is(httpRoute(intentFr()), undefined);
  assert.is(httpRoute(intentFr({ expose: {} })), undefined);
});

test.run();
