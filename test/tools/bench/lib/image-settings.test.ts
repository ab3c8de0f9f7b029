import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { imageSettings } from "../../../../tools/bench/lib/image-settings.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("image settings");

test("only the last stage counts, over continued lines and comments", () => {
  const text = `FROM a AS build
ENV STAGE=build
CMD ["never"]
FROM b
ENV ONE=1 \\
    # said in between
    TWO="two words"
ENV THREE=3
CMD ["--flag", "main.js"]
`;
  assert.equal(imageSettings(text), {
    env: { ONE: "1", TWO: "two words", THREE: "3" },
    args: ["--flag", "main.js"],
  });
});

test("a command for a shell is refused", () => {
  assert.throws(() => imageSettings("FROM a\nCMD node main.js\n"), /no CMD \["…"\]/);
});

test("the server's own Dockerfile is understood", () => {
  const { env, args } = imageSettings(readFileSync("Dockerfile.server", "utf8"));
  assert.is(env["NODE_ENV"], "production");
  assert.is(args.at(-1), "main.js");
});

test.run();
