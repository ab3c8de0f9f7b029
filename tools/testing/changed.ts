import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** What tests depend on without naming it: images, pages, definitions, the pipeline. */
const unnamed: [changed: RegExp, affected: RegExp][] = [
  [/^(package(-lock)?\.json|tsconfig\.json|\.npmrc)$/, /^test\//],
  [/^(operator|server|benchmarks|charts|crds)\/|^Dockerfile/, /^test\/(e2e|long)\//],
  [/^charts\//, /^test\/(charts|docs)\//],
  [/^crds\//, /^test\/(docs|operator)\//],
  [/\.md$|^docs\//, /^test\/(docs|e2e\/documents)\//],
  [/^(Makefile|\.gitlab-ci\.yml|Dockerfile.*)$/, /^test\/(docs|tools\/pipeline|long\/pipeline)\//],
  [/^tools\/cluster\//, /^test\/e2e\//],
];

/**
 * Files that differ from where this branch left main, committed or not. On main itself these are
 * the ones that are not committed.
 */
export function changedFiles(): string[] {
  const base = git("merge-base", "HEAD", mainBranch());
  const changed = git("diff", "--name-only", base);
  const others = git("ls-files", "--others", "--exclude-standard");
  return `${changed}\n${others}`.split("\n").filter(Boolean);
}

/** Those of some test files that a change of some files can make fail. */
export function affectedBy(changed: string[], tests: string[]): string[] {
  const graph = new Graph();
  const isChanged = (path: string) =>
    changed.some((file) => file === path || file.startsWith(`${path}/`));
  return tests.filter((test) => {
    const isUnnamed = unnamed.some(
      ([files, affected]) => affected.test(test) && changed.some((file) => files.test(file)),
    );
    return isUnnamed || graph.reach(test).some(isChanged);
  });
}

/** What files import or name. */
class Graph {
  readonly #named = new Map<string, string[]>();

  /** A file, and all files and folders that it depends on. */
  reach(file: string): string[] {
    const seen = new Set([file]);
    for (const path of seen) for (const next of this.#namedIn(path)) seen.add(next);
    return [...seen];
  }

  #namedIn(file: string): string[] {
    const known = this.#named.get(file);
    if (known) return known;
    const found = /\.[cm]?[jt]s$/.test(file) ? pathsIn(file) : [];
    this.#named.set(file, found);
    return found;
  }
}

/**
 * Files and folders that a program names: those it imports, and those it reads or starts, which are
 * texts that begin with a path, from its own folder or from the root.
 */
function pathsIn(file: string): string[] {
  const texts = readFileSync(file, "utf8").matchAll(/["'`]([\w@.-]*\/[\w@./-]*|[\w-]+\.\w+)/g);
  return [...texts].flatMap(([, text = ""]) => {
    const candidates = [join(dirname(file), text), normalize(text)];
    return candidates.map((path) => path.replace(/\/$/, "")).filter(isPlace);
  });
}

/** A file, or a folder below one of the top: more would be said by naming the top. */
function isPlace(path: string): boolean {
  if (path.startsWith("..") || path.includes("node_modules")) return false;
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && (found.isFile() || path.includes("/"));
}

function mainBranch(): string {
  const branches = git("branch", "--all", "--format=%(refname:short)").split("\n");
  return ["main", "origin/main"].find((name) => branches.includes(name)) ?? "HEAD";
}

function git(...args: string[]): string {
  return execFileSync("git", args, { encoding: "utf8" }).trim();
}
