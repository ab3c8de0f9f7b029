import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One file's use of another; both are paths from the root of the repository. */
export interface Import {
  from: string;
  to: string;
}

/** The TypeScript sources of the project, by path, without those that packages bring along. */
export function sources(): string[] {
  const folders = "{operator,server,model,benchmarks,tools,test}";
  return globSync(`${folders}/**/*.ts`, { exclude: ["**/node_modules/**"] }).sort();
}

/** What sources import from each other: types, dynamic imports and threads included. */
export function importsOf(files: string[]): Import[] {
  return files.flatMap((from) =>
    [...readFileSync(from, "utf8").matchAll(specifiers)].flatMap(([, , path = ""]) => {
      const to = join(dirname(from), path);
      // What a test writes into a file of its own looks like an import as well.
      return existsSync(to) && to.endsWith(".ts") ? [{ from, to }] : [];
    }),
  );
}

/** A relative path after `from`, `import`, `import(` or as the address of a thread. */
const specifiers = /\b(from |import |import\(\s*|\? |new URL\()"(\.{1,2}\/[^"\n]+)"/g;

/** The first circle among files that import each other, as the way around it; empty without one. */
export function circle(imports: Import[]): string[] {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): string[] => {
    const start = way.indexOf(file);
    if (start !== -1) return [...way.slice(start), file];
    if (done.has(file)) return [];
    way.push(file);
    for (const { to } of targets.get(file) ?? []) {
      const found = visit(to);
      if (found.length > 0) return found;
    }
    way.pop();
    done.add(file);
    return [];
  };
  for (const file of targets.keys()) {
    const found = visit(file);
    if (found.length > 0) return found;
  }
  return [];
}
