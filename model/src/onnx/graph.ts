import { alphabet, closing, folding, opening, pieces } from "../features/alphabet.ts";
import type { Classifier } from "../train/fit.ts";
import { elementType, type Attribute, type Constant, type Model, type Node } from "./model.ts";

/**
 * The classifier as one ONNX graph, from sentences (string [N]) to the winning label (string [N])
 * and the probability of each label (float [N, labels]).
 *
 * The tokenizer splits into characters and leaves out what makes no difference, a label encoder folds
 * each character to its place in the alphabet, and every n-gram, be it a piece of a word, a word or
 * words in a row, is a sequence of such places.
 */
export function graph(classifier: Classifier, languages: string[]): Model {
  const { labels } = classifier;
  return {
    name: "intent-classifier",
    nodes: [...features(classifier), ...scores(), ...answer(labels)],
    constants: constants(classifier),
    inputs: [{ name: "sentence", type: "string", shape: ["N"] }],
    outputs: [
      { name: "label", type: "string", shape: ["N"] },
      { name: "probabilities", type: "float", shape: ["N", labels.length] },
    ],
    operatorSets: { "": 20, "ai.onnx.ml": 3, "com.microsoft": 1 },
    metadata: {
      task: "intent-classification",
      labels: JSON.stringify(labels),
      languages: JSON.stringify(languages),
    },
  };
}

function constants({ labels, once, width, weights, biases }: Classifier): Constant[] {
  const most = Array.from({ length: width }, (_, column) => (column < once ? 1 : 1e9));
  return [
    { name: "opening", shape: [1], values: { strings: [` ${opening} `] } },
    { name: "closing", shape: [1], values: { strings: [` ${closing} `] } },
    { name: "rows", shape: [1], values: { ints: [1] } },
    { name: "most", shape: [width], values: { floats: most } },
    { name: "weights", shape: [width, labels.length], values: { floats: weights } },
    { name: "biases", shape: [labels.length], values: { floats: biases } },
  ];
}

/** How often each column's n-grams occur. */
function features({ grams, columns }: Classifier): Node[] {
  return [
    { operator: "StringConcat", inputs: ["opening", "sentence"], outputs: ["opened"] },
    { operator: "StringConcat", inputs: ["opened", "closing"], outputs: ["closed"] },
    {
      operator: "Tokenizer",
      domain: "com.microsoft",
      inputs: ["closed"],
      outputs: ["characters"],
      attributes: {
        mark: { int: 0 },
        mincharnum: { int: 1 },
        pad_value: { string: "" },
        tokenexp: { string: pieces },
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
      outputs: ["counts"],
      attributes: { ...pool(grams), ngram_indexes: { ints: columns }, mode: { string: "TF" } },
    },
    { operator: "Min", inputs: ["counts", "most"], outputs: ["features"] },
  ];
}

/** Weights times features, over the square root of the sentence's length. */
function scores(): Node[] {
  return [
    { operator: "Sign", inputs: ["places"], outputs: ["present"] },
    {
      operator: "Cast",
      inputs: ["present"],
      outputs: ["ones"],
      attributes: { to: { int: elementType.float } },
    },
    {
      operator: "ReduceL2",
      inputs: ["ones", "rows"],
      outputs: ["length"],
      attributes: { keepdims: { int: 1 } },
    },
    { operator: "MatMul", inputs: ["features", "weights"], outputs: ["products"] },
    { operator: "Div", inputs: ["products", "length"], outputs: ["quotients"] },
    { operator: "Add", inputs: ["quotients", "biases"], outputs: ["scores"] },
  ];
}

function answer(labels: string[]): Node[] {
  return [
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
  const folded = [...folding];
  return {
    keys_strings: { strings: [...folded.map(([from]) => from), ""] },
    values_int64s: { ints: [...folded.map(([, to]) => place(to)), 0] },
    default_int64: { int: place(" ") },
  };
}

function pool(grams: string[]): Record<string, Attribute> {
  const longest = grams.at(-1)?.length ?? 1;
  const starts: number[] = [];
  let at = 0;
  for (let size = 1; size <= longest; size++) {
    starts.push(at);
    at += size * grams.filter((gram) => gram.length === size).length;
  }
  return {
    min_gram_length: { int: 1 },
    max_gram_length: { int: longest },
    max_skip_count: { int: 0 },
    ngram_counts: { ints: starts },
    pool_int64s: { ints: grams.flatMap((gram) => Array.from(gram, place)) },
  };
}
