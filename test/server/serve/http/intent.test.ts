import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { ask } from "../../../support/ask.ts";
import {
  modelServer,
  withServer,
  type ModelServer,
} from "../../../../tools/support/model-server.ts";
import { identity, intents, labels, probabilities } from "../../../../tools/support/models.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("intent");
let server: ModelServer;

test.before(async () => {
  server = await modelServer(intents(), { MAX_SENTENCE_LENGTH: "200" });
});

test.after(() => server.end());

const intentOf = (sentence: string) =>
  ask(`${server.url}/api/intent?sentence=${encodeURIComponent(sentence)}`);

test("answers a probability for each intent, in the model's order", async () => {
  for (const [row, sentence] of ["bonjour", "au revoir", "Où ça ?"].entries()) {
    const { status, type, body } = await intentOf(sentence);
    assert.is(status, 200);
    assert.is(type, "application/json");
    const expected = labels.map((intent, column) => {
      return { intent, probability: probabilities[row]?.[column] };
    });
    assert.equal(body, expected);
  }
});

test("takes sentences with signs that an address has to escape", async () => {
  for (const sentence of ["50 % & plus ?", "a+b=c#d", "été 👋", "日本", "<script>", "' OR 1=1"]) {
    assert.is((await intentOf(sentence)).status, 200, sentence);
  }
});

test("takes a sentence of the longest length, counted in characters", async () => {
  for (const letter of ["a", "é", "👋"]) {
    assert.is((await intentOf(letter.repeat(200))).status, 200, letter);
    const { status, body } = await intentOf(letter.repeat(201));
    assert.is(status, 400);
    assert.equal(body, { error: "The sentence has 201 characters; send 200 at most" });
  }
});

const refused: [query: string, sentence: string][] = [
  ["", 'The query parameter "sentence" is missing; for example /api/intent?sentence=bonjour'],
  ["?", 'The query parameter "sentence" is missing; for example /api/intent?sentence=bonjour'],
  [
    "?sentence",
    'The query parameter "sentence" is missing; for example /api/intent?sentence=bonjour',
  ],
  [
    "?sentence=",
    'The query parameter "sentence" is missing; for example /api/intent?sentence=bonjour',
  ],
  [
    "?sentence=+%20%09%C2%A0",
    'The query parameter "sentence" is missing; for example /api/intent?sentence=bonjour',
  ],
  [
    "?Sentence=bonjour",
    'The query parameter "sentence" is missing; for example /api/intent?sentence=bonjour',
  ],
  [
    "?sentence=a&sentence=b",
    'The query parameter "sentence" is given more than once; send one sentence at a time',
  ],
  ["?sentence=a%00b", "The sentence has the character U+0000; leave it out"],
];

for (const [query, sentence] of refused) {
  test(`refuses /api/intent${query} with a sentence`, async () => {
    const { status, type, body } = await ask(`${server.url}/api/intent${query}`);
    assert.is(status, 400);
    assert.is(type, "application/json");
    assert.equal(body, { error: sentence });
  });
}

test("an address that is too long is refused as JSON as well", async () => {
  const { status, body } = await intentOf("a".repeat(50_000));
  assert.is(status, 431);
  assert.match((body as { error: string }).error, "send long inputs in a POST request");
});

test("only GET and HEAD are possible", async () => {
  const { status, headers, body } = await ask(`${server.url}/api/intent`, { method: "POST" });
  assert.is(status, 405);
  assert.is(headers.get("Allow"), "HEAD, GET");
  assert.equal(body, { error: "POST is not allowed on /api/intent; use HEAD, GET" });
});

test("lists the languages of the model", async () => {
  const { status, body } = await ask(`${server.url}/api/intent-supported-languages`);
  assert.is(status, 200);
  assert.equal(body, ["fr-FR"]);
});

test("a model with sentences of the shape [N, 1] answers as well", async () => {
  const flattened = intents({
    inputs: [{ name: "sentence", type: "string", shape: ["N", 1] }],
    outputs: [{ name: "probabilities", type: "float", shape: ["N", 3] }],
    nodes: [
      { operator: "Reshape", inputs: ["sentence", "flat"], outputs: ["sentences"] },
      {
        operator: "LabelEncoder",
        domain: "ai.onnx.ml",
        inputs: ["sentences"],
        outputs: ["row"],
        attributes: {
          keys_strings: { strings: ["bonjour"] },
          values_int64s: { ints: [0] },
          default_int64: { int: 2 },
        },
      },
      { operator: "Gather", inputs: ["table", "row"], outputs: ["probabilities"] },
    ],
    constants: {
      flat: { shape: [1], data: new BigInt64Array([-1n]) },
      table: { shape: [3, 3], data: new Float32Array(probabilities.flat()) },
    },
  });
  await withServer(flattened, async (other) => {
    const { body } = await ask(`${other.url}/api/intent?sentence=bonjour`);
    assert.equal(
      body,
      labels.map((intent, column) => ({ intent, probability: probabilities[0]?.[column] })),
    );
  });
});

test("a model of another kind has no intents, but health", async () => {
  await withServer(identity("float"), async (other) => {
    assert.is((await ask(`${other.url}/api/intent?sentence=bonjour`)).status, 404);
    assert.is((await ask(`${other.url}/api/intent-supported-languages`)).status, 404);
    assert.is((await ask(`${other.url}/api/health`)).status, 200);
  });
});

test("the French model knows what people want", async () => {
  await withServer(readFileSync("model/intent-fr.onnx"), async (french) => {
    const wishes: [sentence: string, intent: string][] = [
      ["Je voudrais réserver une chambre d'hôtel à Lyon", "find-hotel"],
      ["À quelle heure part le prochain train pour Paris ?", "find-train"],
      ["Trouve-moi un restaurant italien", "find-restaurant"],
      ["Je cherche un vol pour New York", "find-flight"],
    ];
    for (const [sentence, wish] of wishes) {
      const { body } = await ask(
        `${french.url}/api/intent?sentence=${encodeURIComponent(sentence)}`,
      );
      const intents = body as { intent: string; probability: number }[];
      const best = intents.toSorted((one, other) => other.probability - one.probability)[0];
      assert.is(best?.intent, wish, sentence);
      const sum = intents.reduce((sum, { probability }) => sum + probability, 0);
      assert.ok(Math.abs(sum - 1) < 1e-5, `the probabilities of "${sentence}" sum to ${sum}`);
    }
  });
});

test.run();
