import * as assert from "uvu/assert";
import { randomFrom } from "../../../model/src/corpus/random.ts";
import { fill, isTemplate } from "../../../model/src/corpus/template.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a template");
const slots = new Map([
  ["ville", ["Lyon"]],
  ["lieu", ["à {ville}"]],
  ["chose", ["un hôtel"]],
  ["sud", ["le Var"]],
]);
const filled = (template: string) => fill(template, slots, randomFrom("seed"));

test("is a line with a slot", () => {
  assert.ok(isTemplate("un hôtel à {ville}"));
  assert.not(isTemplate("un hôtel à Lyon"));
});

test("is filled, slots inside slots too", () => {
  assert.is(filled("{chose} {lieu} ?"), "un hôtel à Lyon ?");
});

test("contracts articles the way French does", () => {
  assert.is(filled("j'ai besoin d' {chose}"), "j'ai besoin d'un hôtel");
  assert.is(filled("j'ai envie de {chose}"), "j'ai envie d'un hôtel");
  assert.is(filled("près de {sud} et à {sud}"), "près du Var et au Var");
  assert.is(filled("besoin d' des clés"), "besoin de clés");
});

test("that names an unknown slot says which", () => {
  assert.throws(() => filled("un {rien}"), /No slot list for \{rien\}, which "un \{rien\}" uses/);
});

test("gives the same sentence for the same seed", () => {
  const many = new Map([["n", Array.from({ length: 100 }, (_, i) => `${i}`)]]);
  assert.is(fill("{n} {n}", many, randomFrom("a")), fill("{n} {n}", many, randomFrom("a")));
  assert.is.not(fill("{n} {n}", many, randomFrom("a")), fill("{n} {n}", many, randomFrom("b")));
});

test.run();
