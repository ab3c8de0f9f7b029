import type { Router } from "@koa/router";
import { intentProbabilities, type IntentClassifier } from "../../../model/classifier.ts";
import { InvalidInput } from "../../../process/errors.ts";
import type { Serving } from "../../service/service.ts";
import type { Tensors } from "../../../tensors/tensors.ts";
import { batcherOf, chooseBatcher } from "../middleware/choose-batcher.ts";
import { writeJson } from "../write-json.ts";

/** The API of an intent classifier: what a sentence wants, and in which languages it may ask. */
export function addIntentRoutes(
  router: Router,
  serving: Serving,
  classifier: IntentClassifier,
  maxSentenceLength: number,
): void {
  const { input, output, languages } = classifier;
  const shape = input.shape.map(() => 1);

  router.get("/api/intent", chooseBatcher(serving), async (context) => {
    const query = new URLSearchParams(context.querystring);
    const sentence = checkedSentence(query.getAll("sentence"), maxSentenceLength);
    const inputs: Tensors = { [input.name]: { datatype: "BYTES", shape, data: [sentence] } };
    const isGone = () => context.socket.destroyed;
    const results = await batcherOf(context).infer(inputs, [output], isGone);
    writeJson(context, intentProbabilities(classifier, results));
  });

  router.get("/api/intent-supported-languages", (context) => {
    writeJson(context, languages);
  });
}

function checkedSentence([value, ...others]: string[], maxLength: number): string {
  if (others.length > 0) {
    throw new InvalidInput(
      'The query parameter "sentence" is given more than once; send one sentence at a time',
    );
  }
  if (!value?.trim()) {
    throw new InvalidInput(
      'The query parameter "sentence" is missing; for example /api/intent?sentence=bonjour',
    );
  }
  if (value.includes("\0")) {
    throw new InvalidInput("The sentence has the character U+0000; leave it out");
  }
  // Characters are code points here; only a text of more UTF-16 units can have too many.
  const length = value.length > maxLength ? Array.from(value).length : value.length;
  if (length > maxLength) {
    throw new InvalidInput(`The sentence has ${length} characters; send ${maxLength} at most`);
  }
  return value;
}
