/**
 * Tries a server of the Open Inference Protocol case by case; see README.md.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { JsonInput } from "./inputs.ts";
import { run, type Result } from "./run.ts";
import { createTarget } from "./target.ts";

const help = `Tries a server of the Open Inference Protocol (v2, REST) case by case.

  node tools/conformance/main.ts --url http://localhost:8080 --model NAME [--inputs FILE] [--strict]

  --url     address in front of /v2
  --model   one of the server's models
  --inputs  a request that the model takes, as JSON; otherwise inputs are made up from its metadata
  --strict  failures of optional cases count as well

Prints a line for each case:
  ok | FAIL | skip   required | extension | optional   what a server does: what is different

Ends with 0 when no required case failed and none of an extension that the server advertises,
with 1 otherwise, and with 2 when the cases could not be tried.
`;

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    model: { type: "string" },
    inputs: { type: "string" },
    strict: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(help);
else process.exitCode = await main().catch(failed);

async function main(): Promise<number> {
  const { url, model, inputs, strict } = values;
  if (!url || !model) throw new Error("--url and --model are needed; see --help");
  const target = await createTarget(url, model, inputs ? readInputs(inputs) : undefined);
  const results: Result[] = [];
  for await (const result of run(target)) {
    results.push(result);
    console.log(line(result));
  }
  const count = (outcome: Result["outcome"]) =>
    results.filter((result) => result.outcome === outcome).length;
  console.log(`${count("ok")} ok, ${count("FAIL")} failed, ${count("skip")} skipped`);
  const counts = ({ outcome, level }: Result) =>
    outcome === "FAIL" && (strict || level !== "optional");
  return results.some(counts) ? 1 : 0;
}

function readInputs(file: string): JsonInput[] {
  const { inputs } = JSON.parse(readFileSync(file, "utf8")) as { inputs?: JsonInput[] };
  if (!inputs) throw new Error(`${file} has no inputs; write a request as JSON`);
  return inputs.map((input) => ({ ...input, data: input.data.flat(Infinity) }));
}

function line({ outcome, level, title, reason }: Result): string {
  return `${outcome.padEnd(4)} ${level.padEnd(9)} ${title}${reason && `: ${reason}`}`;
}

function failed(error: Error): number {
  console.error(`The cases could not be tried: ${error.message}`);
  return 2;
}
