import { alphabet, folding, marks } from "../features/alphabet.ts";
import type { Classifier } from "../train/fit.ts";
import type { Attribute, Model, Node } from "./model.ts";

/**
 * The classifier as one ONNX graph, from sentences (string [N]) to the winning label (string [N])
 * and the probability of each label (float [N, labels]).
 *
 * The tokenizer splits into characters and marks both ends, a label encoder folds each character to
 * its place in the alphabet, and every n-gram, be it a piece of a word, a word or a pair of words,
 * is a sequence of such places.
 */
export function graph(classifier: Classifier, languages: string[]): Model {
  const { labels, grams, weights, biases } = classifier;
  return {
    name: "intent-classifier",
    nodes: nodes(classifier),
    constants: [
      { name: "weights", shape: [grams.length, labels.length], values: { floats: weights } },
      { name: "biases", shape: [labels.length], values: { floats: biases } },
      { name: "shortest", shape: [1], values: { floats: [1e-6] } },
    ],
    inputs: [{ name: "sentence", type: "string", shape: ["N"] }],
    outputs: [
      { name: "label", type: "string", shape: ["N"] },
      { name: "probabilities", type: "float", shape: ["N", labels.length] },
    ],
    operatorSets: { "": 17, "ai.onnx.ml": 3, "com.microsoft": 1 },
    metadata: {
      task: "intent-classification",
      labels: JSON.stringify(labels),
      languages: JSON.stringify(languages),
    },
  };
}

function nodes({ labels, grams, rarity }: Classifier): Node[] {
  return [
    {
      operator: "Tokenizer",
      domain: "com.microsoft",
      inputs: ["sentence"],
      outputs: ["characters"],
      attributes: {
        mark: { int: 1 },
        mincharnum: { int: 1 },
        pad_value: { string: "" },
        separators: { strings: [""] },
      },
    },
    {
      operator: "LabelEncoder",
      domain: "ai.onnx.ml",
      inputs: ["characters"],
      outputs: ["places"],
      attributes: encoding(),
    },
    {
      operator: "TfIdfVectorizer",
      inputs: ["places"],
      outputs: ["features"],
      attributes: { ...pool(grams), mode: { string: "TFIDF" }, weights: { floats: rarity } },
    },
    {
      operator: "ReduceL2",
      inputs: ["features"],
      outputs: ["length"],
      attributes: { axes: { ints: [1] }, keepdims: { int: 1 } },
    },
    // A sentence without any known n-gram has length 0.
    { operator: "Max", inputs: ["length", "shortest"], outputs: ["divisor"] },
    { operator: "MatMul", inputs: ["features", "weights"], outputs: ["products"] },
    { operator: "Div", inputs: ["products", "divisor"], outputs: ["normalized"] },
    { operator: "Add", inputs: ["normalized", "biases"], outputs: ["scores"] },
    {
      operator: "Softmax",
      inputs: ["scores"],
      outputs: ["probabilities"],
      attributes: { axis: { int: 1 } },
    },
    {
      operator: "ArgMax",
      inputs: ["probabilities"],
      outputs: ["winner"],
      attributes: { axis: { int: 1 }, keepdims: { int: 0 } },
    },
    {
      operator: "LabelEncoder",
      domain: "ai.onnx.ml",
      inputs: ["winner"],
      outputs: ["label"],
      attributes: {
        keys_int64s: { ints: labels.map((_, index) => index) },
        values_strings: { strings: labels },
        default_string: { string: "" },
      },
    },
  ];
}

/** Places count from 1, so that 0 is left for the padding of shorter sentences in a batch. */
function place(character: string): number {
  return alphabet.indexOf(character) + 1;
}

function encoding(): Record<string, Attribute> {
  const folded = [...folding, [marks.start, " "], [marks.end, " "], ["", ""]] as const;
  return {
    keys_strings: { strings: folded.map(([from]) => from) },
    values_int64s: { ints: folded.map(([, to]) => (to === "" ? 0 : place(to))) },
    default_int64: { int: place(" ") },
  };
}

function pool(grams: string[]): Record<string, Attribute> {
  const longest = grams.at(-1)?.length ?? 1;
  const starts: number[] = [];
  let start = 0;
  for (let size = 1; size <= longest; size++) {
    starts.push(start);
    start += size * grams.filter((gram) => gram.length === size).length;
  }
  return {
    min_gram_length: { int: 1 },
    max_gram_length: { int: longest },
    max_skip_count: { int: 0 },
    ngram_counts: { ints: starts },
    ngram_indexes: { ints: grams.map((_, index) => index) },
    pool_int64s: { ints: grams.flatMap((gram) => [...gram].map(place)) },
  };
}
