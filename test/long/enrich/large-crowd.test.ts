import { suite } from "../../support/suite.ts";
import { annotateWithCasualties } from "../../server/enrich/casualties.ts";

const test = suite("enrich: workers that are killed every few seconds", 600_000);

test("annotate 100,000 sentences exactly once", async () => annotateWithCasualties(100_000, 6));

test.run();
