import * as assert from "uvu/assert";
import { benchmarkJob } from "../../../operator/src/resources/benchmark-job.ts";
import { previewService, service, url } from "../../../operator/src/resources/service.ts";
import { images, intentFr, run } from "../fixtures.ts";
import { isGolden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("service");

test("gives the traffic to one revision", () => {
  isGolden(service(intentFr(), "aaaaaaaa"), "service/default");
});

test("has a second port where gRPC is served", () => {
  const model = intentFr({ server: { grpc: true } });
  isGolden(service(model, "aaaaaaaa"), "service/grpc");
});

test("has another name where it gives a look at the candidate", () => {
  isGolden(previewService(intentFr(), "bbbbbbbb"), "service/preview");
});

test("has an address inside the cluster", () => {
  assert.is(url(intentFr()), "http://intent-fr.demo.svc");
});

test("never selects the pods of a benchmark", () => {
  const job = benchmarkJob(intentFr(), { scenario: "Users", duration: "30s", warmUp: "0s" }, run, {
    images,
    addresses: [],
  });
  const labels = job.spec?.template.metadata?.labels ?? {};
  const selector = Object.entries(service(intentFr(), "aaaaaaaa").spec?.selector ?? {});
  assert.not(selector.every(([label, value]) => labels[label] === value));
});

test.run();
