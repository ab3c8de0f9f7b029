import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { redactions } from "../../../server/src/capture/config.ts";
import { redact, redactors } from "../../../server/src/capture/redact.ts";
import { suite } from "../../support/suite.ts";

const test = suite("redact");

const tables: Record<keyof typeof redactors, [text: string, expected: string][]> = {
  EmailAddresses: [
    ["écris à jean.dupont@exemple.fr", "écris à [email]"],
    ["jean.dupont+hotel@mail.exemple.co.uk!", "[email]!"],
    ["<élodie_b-2@société.fr>, svp", "<[email]>, svp"],
    ["a@b.fr;c@d.fr a@b.fr", "[email];[email] [email]"],
    ["MAILTO:JEAN@EXEMPLE.FR.", "MAILTO:[email]."],
  ],
  CardNumbers: [
    ["ma carte 4970 1012 3456 7893 expire", "ma carte [card] expire"],
    ["4970101234567893", "[card]"],
    ["4970-1012-3456-7893, merci", "[card], merci"],
    ["mastercard 5555.5555.5555.4444", "mastercard [card]"],
    ["5555\u00a05555\u202f5555 4444", "[card]"],
    ["amex 3782 822463 10005", "amex [card]"],
    ["diners 3056 930902 5904", "diners [card]"],
    ["discover 6011111111111117", "discover [card]"],
    ["2 billets, 2223 0031 2200 3222", "2 billets, [card]"],
  ],
  PhoneNumbers: [
    ["appelle le 06 12 34 56 78", "appelle le [phone]"],
    ["06.12.34.56.78.", "[phone]."],
    ["06-12-34-56-78", "[phone]"],
    ["06/12/34/56/78", "[phone]"],
    ["(0612345678)", "([phone])"],
    ["06\u00a012\u00a034\u00a056\u00a078", "[phone]"],
    ["au 0612 34 56 78 ou au 01 23 45 67 89", "au [phone] ou au [phone]"],
    ["0820 123 456", "[phone]"],
    ["06 1234 5678", "[phone]"],
    ["06 12 345 678", "[phone]"],
    ["06 12345678", "[phone]"],
    ["tél:+33612345678", "tél:[phone]"],
    ["+33 6 12 34 56 78", "[phone]"],
    ["+33 (0)6 12 34 56 78", "[phone]"],
    ["+33.6.12.34.56.78", "[phone]"],
    ["0033 6 12 34 56 78", "[phone]"],
    ["à Londres +44 20 7946 0958", "à Londres [phone]"],
    ["+1 (212) 555-0123", "[phone]"],
    ["06 12 34 56 78, chambre 12", "[phone], chambre 12"],
  ],
};

for (const name of redactions) {
  for (const [text, expected] of tables[name]) {
    test(`${name}: ${text} -> ${expected}`, () => {
      assert.is(redactors[name](text), expected);
      assert.is(redact(text, redactions), expected);
      const others = redactions.filter((other) => other !== name);
      assert.is(redact(text, others), text, "another redaction took it");
    });
  }
}

/** What looks similar and says what a person wants. */
const kept = [
  "un train pour Lyon le 26/11/2026 à 18:30",
  "du 01.02.2026 au 05.02.2026",
  "01.02.2026 12.30",
  "01 02 2026 12 h 30",
  "le 2026-01-02 entre 08:15 et 10:45",
  "2026-01-02T08:15:00+01:00",
  "entre 8h et 10h30, le 05/06/07",
  "TGV 6201, voiture 12, place 045",
  "le TER 881234 ou l'Ouigo 7622",
  "vol AF1234 du 03 décembre",
  "un hôtel à moins de 120,50 €",
  "un budget de 1 250 000 euros",
  "gagné +10 000 000 €",
  "12.345.678,90 EUR",
  "75 001 Paris ou 06000 Nice",
  "hôtel Formule 1 ou Novotel 4*",
  "SIRET 732 829 320 00074",
  "SIREN 732829320",
  "code-barres 3017620422003",
  "commande 4970 1012 3456 7894",
  "numéro de suivi 1234 5678 9012 3456",
  "le 15, le 112 ou le 3949",
  "36 15 code Ulla",
  "rendez-vous @ 18h30 chez @jean",
  "a@b et moi@chez-moi",
  "score 3-0, 2-1, 0-0, 1-1 et 4-2",
  "latitude 48.856614, longitude 2.3522219",
  "version 1.02.03.04.05",
  "tirage 05 12 23 34",
];

for (const text of kept) {
  test(`keeps: ${text}`, () => assert.is(redact(text, redactions), text));
}

test("nothing is taken out that is not asked for", () => {
  const text = "a@b.fr 0612345678 4970101234567893";
  assert.is(redact(text, []), text);
  assert.is(redact(text, ["PhoneNumbers"]), "a@b.fr [phone] 4970101234567893");
});

test("the order in which they are asked for makes no difference", () => {
  const text = "4970 1012 3456 7893 ou 06 12 34 56 78 ou a@b.fr";
  assert.is(
    redact(text, ["PhoneNumbers", "CardNumbers", "EmailAddresses"]),
    redact(text, redactions),
  );
});

/** Texts of what the patterns are about. */
const piece = fc.constantFrom(
  ...Array.from("0123456789 .-+()@/a_é\u00a0"),
  "06",
  "+33",
  "4970",
  "@a.fr",
  ". ",
);
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));

test("doing it again changes nothing", () => {
  fc.assert(
    fc.property(text, (text) => {
      const once = redact(text, redactions);
      assert.is(redact(once, redactions), once);
    }),
    { numRuns: 3000 },
  );
});

test("a number is found wherever it stands between words", () => {
  const word = fc.constantFrom("demain", "à", "l'hôtel", "svp", "(", "numéro :", "🙂");
  const number = fc.constantFrom("06 12 34 56 78", "a@b.fr", "4970 1012 3456 7893", "+33612345678");
  fc.assert(
    fc.property(fc.array(fc.oneof(word, number), { maxLength: 12 }), (words) => {
      const left = redact(words.join(" , "), redactions);
      assert.not.match(left, /\d{2}|@/);
    }),
    { numRuns: 1000 },
  );
});

for (const unit of [
  "a",
  "1",
  "1 ",
  "12 ",
  "a.",
  "0",
  "+",
  "+3",
  "06",
  "06 ",
  "@",
  "a@",
  "4970 ",
  "é",
]) {
  test(`a megabyte of "${unit}" takes no longer than its length`, () => {
    // A pattern that goes back and forth would take minutes.
    redact(unit.repeat((1024 * 1024) / unit.length), redactions);
    redact(`${unit.repeat((1024 * 1024) / unit.length)}@`, redactions);
  });
}

test.run();
