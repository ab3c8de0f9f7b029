import * as assert from "uvu/assert";
import type { ModelDeploymentSpec } from "../../../operator/src/api/model-deployment.ts";
import { comparison } from "../../../operator/src/benchmark/slo.ts";
import { suite } from "../../support/suite.ts";

const test = suite("slo");

interface Case {
  title: string;
  figures?: { p95?: string; requests?: number; errors?: number };
  slo: NonNullable<ModelDeploymentSpec["slo"]>;
  isMet: boolean;
  message: string;
}

const cases: Case[] = [
  {
    title: "is met by a faster P95",
    slo: { p95: "120ms" },
    isMet: true,
    message: "P95 3.1ms is within 120ms, 0 of 102 requests failed",
  },
  {
    title: "is met by the very P95",
    figures: { p95: "120ms" },
    slo: { p95: "0.12s" },
    isMet: true,
    message: "P95 120ms is within 0.12s, 0 of 102 requests failed",
  },
  {
    title: "is missed by a slower P95",
    figures: { p95: "120.1ms" },
    slo: { p95: "120ms" },
    isMet: false,
    message: "P95 120.1ms is above 120ms, 0 of 102 requests failed",
  },
  {
    title: "is missed by too many failed requests",
    figures: { requests: 1000, errors: 2 },
    slo: { p95: "120ms", errorRate: "0.1%" },
    isMet: false,
    message: "P95 3.1ms is within 120ms, 2 of 1000 requests failed, more than 0.1%",
  },
  {
    title: "is met by as many failed requests as it allows",
    figures: { requests: 1000, errors: 1 },
    slo: { errorRate: "0.1%" },
    isMet: true,
    message: "1 of 1000 requests failed",
  },
  {
    title: "of no error is missed by one",
    figures: { requests: 1000, errors: 1 },
    slo: { errorRate: "0%" },
    isMet: false,
    message: "1 of 1000 requests failed, more than 0%",
  },
];

for (const { title, figures, slo, isMet, message } of cases) {
  test(title, () => {
    const measured = { p95: "3.1ms", requests: 102, errors: 0, ...figures };
    assert.equal(comparison(measured, slo), { isMet, message });
  });
}

test.run();
