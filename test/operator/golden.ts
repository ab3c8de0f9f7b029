import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** The object in golden/<name>.yaml. */
export function golden(name: string): unknown {
  return parse(readFileSync(new URL(`golden/${name}.yaml`, import.meta.url), "utf8"));
}
