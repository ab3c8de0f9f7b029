import { intentProbabilities, type IntentClassifier } from "../../model/classifier.ts";
import type { Serving } from "../service/service.ts";
import { answer, consent, refusal, unavailable, type Part } from "./parts.ts";

/** What an intent classifier can be asked. */
export function intentPaths(
  { example }: Serving,
  classifier: IntentClassifier,
  maxSentenceLength: number,
): Part {
  const { languages, input } = classifier;
  const sentence = String(example?.inputs[input.name]?.data[0]);
  const isShort = example && sentence.length <= maxSentenceLength;
  const intents = example && intentProbabilities(classifier, example.outputs);
  return {
    "/api/intent": {
      get: {
        tags: ["Intents"],
        operationId: "intent",
        summary: "Tells what a sentence wants",
        description: "The probability of each intent, in the order of the model.",
        parameters: [
          {
            name: "sentence",
            in: "query",
            required: true,
            description: `One sentence in ${languages.join(" or ")}, of ${maxSentenceLength} characters at most.`,
            schema: { type: "string", minLength: 1, maxLength: maxSentenceLength },
            ...(isShort && { example: sentence }),
          },
          consent,
        ],
        responses: {
          200: answer("A probability for each intent", "Intents", intents),
          400: refusal(
            "The sentence is missing, empty, too long or there twice, or a header is wrong",
          ),
          503: unavailable("The model is not ready, or too many requests wait"),
        },
      },
    },
    "/api/intent-supported-languages": {
      get: {
        tags: ["Intents"],
        operationId: "languages",
        summary: "Lists the languages of the sentences",
        responses: { 200: answer("BCP 47 language tags", "Languages", languages) },
      },
    },
  };
}
