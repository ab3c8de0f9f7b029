import * as assert from "uvu/assert";
import { randomFrom } from "../../../model/src/corpus/random.ts";
import { say } from "../../../model/src/corpus/say.ts";
import { suite } from "../../support/suite.ts";

const test = suite("what is said around a line");
const slots = new Map([
  ["salut", ["bonjour"]],
  ["contexte", ["il pleut"]],
  ["suite", ["c'est pour deux"]],
  ["merci", ["merci"]],
  ["lieu", ["Nice"]],
]);

function many(talkative: number): string[] {
  const random = randomFrom("say");
  const lines = { line: "un hôtel à {lieu} ?", other: "une chambre" };
  return Array.from({ length: 500 }, () => say(lines, { slots, talkative }, random));
}

test("comes before and after it, in sentences of their own or not", () => {
  const found = many(1);
  for (const part of ["bonjour", "il pleut", "une chambre", "c'est pour deux", "merci"]) {
    const count = found.filter((sentence) => sentence.includes(part)).length;
    assert.ok(count > 10 && count < 250, `${part}: ${count}`);
  }
  assert.ok(found.includes("bonjour, un hôtel à Nice ? c'est pour deux"));
  assert.is(
    found.find((sentence) => /[?!.][,!.]/.test(sentence.replaceAll("...", ""))),
    undefined,
  );
});

test("is nothing for a label that is not talkative, but slips of the keyboard", () => {
  const found = many(0);
  const exact = found.filter((sentence) => sentence === "un hôtel à Nice ?");
  assert.ok(exact.length > 400 && exact.length < 500, `${exact.length}`);
});

test.run();
