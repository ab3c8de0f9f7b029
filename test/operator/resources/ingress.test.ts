import * as assert from "uvu/assert";
import { ingress } from "../../../operator/src/resources/ingress.ts";
import { intentFr } from "../fixtures.ts";
import { isGolden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("ingress");

test("of a host", () => {
  const expose = { ingress: { host: "intent.example.com", path: "/" } };
  isGolden(ingress(intentFr({ expose })), "ingress/default");
});

test("of a path with TLS, a class and annotations", () => {
  const expose = {
    ingress: {
      host: "models.example.com",
      path: "/intent",
      className: "nginx",
      tlsSecretName: "models-tls",
      annotations: { "nginx.ingress.kubernetes.io/proxy-read-timeout": "30" },
    },
  };
  isGolden(ingress(intentFr({ expose })), "ingress/full");
});

test("does not exist where the spec has none", () => {
  assert.is(ingress(intentFr()), undefined);
  assert.is(ingress(intentFr({ expose: {} })), undefined);
});

test.run();
