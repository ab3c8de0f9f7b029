import { globSync, statSync } from "node:fs";
import { relative } from "node:path";

/** Test files of a run, by what they may run beside. */
export interface Selection {
  /** Need no cluster. */
  local: string[];
  /** Need the test cluster; each has namespaces of its own, so several run at once. */
  together: string[];
  /** Change the operator, the control plane or the node, so no other may use the cluster meanwhile. */
  alone: string[];
}

/** Which of all test files are wanted when no path is given. */
export interface Wanted {
  /** Those on the test cluster, and those that take a minute or more. */
  cluster: boolean;
  /** Only those that prove figures or whole pipelines. */
  long: boolean;
}

/** The folder of a test file says how it runs: `test/e2e/` on the cluster, `alone/`, `long/`. */
const onCluster = /^test\/e2e\//;
const alone = /\/alone\//;
const long = /\/long\//;

/**
 * Without a cluster, and yet too slow for each `make check`: clients and models of others, load
 * generators, browsers, databases that are stopped and killed, and models that are slow on purpose.
 */
const patient = [
  /^test\/clients\//,
  /^test\/benchmarks\/(benchmark|script)\.test/,
  /^test\/operator\/(main|apply\/fence|benchmark\/report\/page)\.test/,
  /^test\/server\/(capture\/faults|enrich\/(crowd|main|worker)|serve\/http\/(docs|execution))\.test/,
  /^test\/tools\/(bundle|bench\/soak\/soak|support\/postgres)\.test/,
];

/** The test files at a path: a file, a pattern or a folder. */
export function testFiles(given: string): string[] {
  const path = relative("", given);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return globSync(path);
  return globSync(`${path}/**/*.test.ts`, { exclude: ["**/node_modules/**"] });
}

/** Those of all test files that a run without paths has. */
export function wantedFiles(files: string[], { cluster, long: onlyLong }: Wanted): string[] {
  if (onlyLong) return files.filter((file) => long.test(file));
  return files.filter(
    (file) => !long.test(file) && (cluster || !(onCluster.test(file) || isPatient(file))),
  );
}

function isPatient(file: string): boolean {
  return patient.some((pattern) => pattern.test(file));
}

/** Sorts files by what they may run beside. */
export function selection(files: string[]): Selection {
  const clustered = files.filter((file) => onCluster.test(file));
  return {
    local: files.filter((file) => !onCluster.test(file)),
    together: clustered.filter((file) => !alone.test(file)),
    alone: clustered.filter((file) => alone.test(file)),
  };
}
