import { suite } from "../../support/suite.ts";
import { annotateWithCasualties } from "./casualties.ts";

const test = suite("enrich: workers that are killed", 120_000);

test("annotate 12,000 sentences exactly once", async () => annotateWithCasualties(12_000, 3));

test.run();
