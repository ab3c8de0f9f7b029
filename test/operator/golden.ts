import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import * as assert from "uvu/assert";
import { parse, stringify } from "yaml";

/** Whether golden files are to be written anew where they differ. */
const updates = process.env["UPDATE_GOLDENS"] === "1";
const hint = "read the difference; if it is meant, run: node tools/test.ts --update-goldens";

const fileOf = (name: string) => new URL(`golden/${name}`, import.meta.url);

/** Compares an object with the one in golden/NAME.yaml; a name such as `deployment/capture`. */
export function isGolden(object: object | undefined, name: string): void {
  const file = fileOf(`${name}.yaml`);
  // What YAML does not keep is no difference.
  const actual = parse(stringify(object)) as object;
  const expected = read(file, parse) as object | undefined;
  if (updates && !isDeepStrictEqual(actual, expected)) {
    mkdirSync(new URL(".", file), { recursive: true });
    writeFileSync(file, stringify(object, { lineWidth: 100 }));
    return;
  }
  assert.equal(object, expected, `golden/${name}.yaml is another one; ${hint}`);
}

/** Compares a text with the file golden/NAME. */
export function isGoldenText(text: string, name: string): void {
  const file = fileOf(name);
  if (updates) writeFileSync(file, text);
  assert.is(text, readFileSync(file, "utf8"), `golden/${name} is another one; ${hint}`);
}

function read(file: URL, understand: (text: string) => unknown): unknown {
  try {
    return understand(readFileSync(file, "utf8"));
  } catch (error) {
    if (updates) return undefined;
    throw error;
  }
}
