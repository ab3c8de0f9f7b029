/**
 * Asks a model each line of a file, through the API server, and prints what it takes each for.
 *
 *   node docs/guides/improve-a-model/ask.ts NAME FILE [arguments of kubectl, such as -n demo]
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const [name = "", file = "", ...others] = process.argv.slice(2);
if (!name || !file) throw new Error("usage: ask.ts NAME FILE [ARGUMENTS OF KUBECTL]");

const kubectl = (...args: string[]) => execFileSync("kubectl", args, { encoding: "utf8" });
const ofModel = ["get", "mdep", name, "-o", "jsonpath={.metadata.namespace}", ...others];
const service = `/api/v1/namespaces/${kubectl(...ofModel)}/services/${name}:http/proxy`;

interface Answer {
  intent: string;
  probability: number;
}

for (const sentence of sentences(readFileSync(file, "utf8"))) {
  const path = `${service}/api/intent?sentence=${encodeURIComponent(sentence)}`;
  const answers = JSON.parse(kubectl("get", "--raw", path)) as Answer[];
  const [best] = answers.toSorted((a, b) => b.probability - a.probability);
  if (best) console.log(`${best.probability.toFixed(2)} ${best.intent.padEnd(18)} ${sentence}`);
}

/** The lines of a text, or the sentences of a list of examples. */
function sentences(text: string): string[] {
  if (!text.startsWith("[")) return text.split("\n").filter(Boolean);
  return (JSON.parse(text) as { sentence: string }[]).map(({ sentence }) => sentence);
}
