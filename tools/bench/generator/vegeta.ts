import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../support/command.ts";
import { goTools } from "../../cluster/programs/go-tools.ts";
import { startGenerator, type RunningGenerator } from "./running-generator.ts";
import { vegetaSamples } from "./samples.ts";

const source = join(import.meta.dirname, "vegeta");

/** The version of vegeta that go.mod names, for example v12.13.0. */
export function vegetaVersion(goMod = readFileSync(join(source, "go.mod"), "utf8")): string {
  const version = /^\s*github\.com\/tsenart\/vegeta\/v\d+ (v\S+)/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error("go.mod does not name a version of vegeta");
  return version;
}

/** Builds vegeta at the first use, which takes a minute; gives the path of the program. */
export async function vegeta(): Promise<string> {
  return join(await goTools(source), "vegeta");
}

/**
 * Asks with random letters at a constant rate.
 *
 * @param folder for what vegeta reads and writes
 */
export function startVegeta(
  program: string,
  url: string,
  rate: number,
  folder: string,
): Promise<RunningGenerator> {
  const targets = join(folder, "targets");
  const results = join(folder, "results");
  writeFileSync(targets, questions(url, 5000));
  const load = [`-rate=${rate}/s`, "-duration=0", "-redirects=-1", "-keepalive=true"];
  const args = ["attack", ...load, `-targets=${targets}`, `-output=${results}`];
  return startGenerator({ program, args }, async () =>
    vegetaSamples(await run(program, ["encode", "-to=json", results])),
  );
}

function questions(url: string, count: number): string {
  const sentences = Array.from({ length: count }, () => letters(20));
  return sentences.map((sentence) => `GET ${url}/api/intent?sentence=${sentence}\n`).join("");
}

function letters(count: number): string {
  const letter = () => String.fromCharCode(97 + Math.floor(Math.random() * 26));
  return Array.from({ length: count }, letter).join("");
}
