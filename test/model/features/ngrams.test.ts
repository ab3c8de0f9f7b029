import * as assert from "uvu/assert";
import { normalize } from "../../../model/src/features/alphabet.ts";
import { ngrams } from "../../../model/src/features/ngrams.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the features");

test("fold case, accents and digits, and read everything else as a space", () => {
  assert.is(normalize("Été, 25€ ?"), " ^ ete  00€ ? $ ");
  assert.is(normalize("L'ŒUF 😀"), " ^ l ouf   $ ");
  assert.is(normalize(""), " ^ $ ");
});

test("do not see how wide a gap is, nor how an accent is encoded", () => {
  const plain = "Où dîner à Thề, ça va ?";
  assert.is(normalize(plain), " ^ ou diner a the  ca va ? $ ");
  assert.is(normalize(`\t ${plain.replaceAll(" ", " \u00a0\u2003")}\r\n`), normalize(plain));
  assert.is(normalize(plain.normalize("NFD")), normalize(plain));
  assert.is(normalize("h\u200bô\u00adtel\ufe0f"), normalize("hôtel"));
  assert.is(normalize("ийи 한국 か\u3099".normalize("NFD")), normalize("ийи 한국 が"));
});

test("are pieces of words, words, and words in a row", () => {
  const options = { characters: { min: 3, max: 3 }, words: { max: 2 } };
  const found = ngrams(normalize("un vol"), options);
  const expected = [" un", "un ", " un ", " ^ un ", " un vol ", " vo", "vol", "ol ", " vol "];
  assert.equal(new Set(found.keys()), new Set([...expected, " vol $ "]));
  assert.ok([...found.values()].every((count) => count === 1));
});

test("count repetitions, and do not join words over punctuation", () => {
  const counts = ngrams(normalize("oui, oui"), {
    characters: { min: 5, max: 5 },
    words: { max: 2 },
  });
  assert.is(counts.get(" oui "), 2);
  assert.is(counts.get(" oui oui "), undefined);
});

test("of the longest words do not end in the middle of a character", () => {
  const counts = ngrams(normalize("𝕙ôtel"), { characters: { min: 2, max: 5 }, words: { max: 3 } });
  assert.is(counts.get(" hote"), undefined);
  assert.is(counts.get(" otel"), 1);
});

test.run();
