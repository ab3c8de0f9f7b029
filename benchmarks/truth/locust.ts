import { readFileSync } from "node:fs";
import { join } from "node:path";
import { environment } from "../../test/clients/python.ts";
import { run } from "../../test/cluster/command.ts";
import { people } from "./loads.ts";
import { figures, locustOutput, type Figures } from "./samples.ts";

const source = join(import.meta.dirname, "locust");
const requirements = join(source, "requirements.txt");

/** Seconds after what is measured, so that Locust does not stop anybody who counts. */
const margin = 2;

/** The version of Locust that the requirements name, for example 2.47.0. */
export function locustVersion(text = readFileSync(requirements, "utf8")): string {
  const version = /^locust==([^\s;]+)/m.exec(text)?.[1];
  if (version === undefined) throw new Error("requirements.txt does not name a version of locust");
  return version;
}

/** Installs Locust at the first use; gives the path of the Python that has it. */
export async function locust(): Promise<string> {
  const { python } = await environment(requirements);
  return python;
}

/**
 * Lets people ask with random letters. What they ask in the first second does not count.
 *
 * @param folder for what Locust writes
 */
export async function locustFigures(
  python: string,
  url: string,
  seconds: number,
  folder: string,
): Promise<Figures> {
  const output = join(folder, "answers");
  const { users, thinkTime } = people;
  const load = ["--users", users, "--spawn-rate", users, "--run-time", `${1 + seconds + margin}s`];
  const rest = ["--headless", "--host", url, "--stop-timeout", "35", "--loglevel", "WARNING"];
  await run(
    python,
    ["-m", "locust", "-f", join(source, "users.py"), ...load.map(String), ...rest],
    {
      cwd: folder,
      env: { OUTPUT: output, MIN: String(thinkTime.min), MAX: String(thinkTime.max) },
    },
  );
  const { began, samples } = locustOutput(readFileSync(output, "utf8"));
  return figures(samples, { from: began + 1000, seconds });
}
