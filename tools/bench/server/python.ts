import { readdirSync } from "node:fs";
import { join } from "node:path";
import { environment, standardLibrary } from "../../support/python.ts";

/** The folder of the sources in Python. */
export const pythonSources = join(import.meta.dirname, "python");

/** The file that pins the packages of a server in Python. */
export function requirements(name: string): string {
  return join(pythonSources, "requirements", `${name}.txt`);
}

/** The folder of the Python environment with a server's packages; made at the first use. */
export async function pythonFolder(name: string): Promise<string> {
  const { folder } = await environment(requirements(name));
  return folder;
}

/** What has to be installed for a server in Python: its environment, Python and its library. */
export function installedPython(folder: string): string[] {
  const library = standardLibrary();
  const others = ["site-packages", "dist-packages", "test"];
  const parts = readdirSync(library).filter((name) => !others.includes(name));
  return [folder, join(folder, "bin/python"), ...parts.map((name) => join(library, name))];
}
