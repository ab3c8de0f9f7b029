import { readFileSync } from "node:fs";
import { join } from "node:path";
import { environment } from "../../support/python.ts";
import { startGenerator, type RunningGenerator } from "./running-generator.ts";
import { people } from "./loads.ts";
import { locustSamples } from "./samples.ts";

const source = join(import.meta.dirname, "locust");
const requirements = join(source, "requirements.txt");

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
 * Lets people ask with random letters.
 *
 * @param folder for what Locust writes
 */
export function startLocust(
  python: string,
  url: string,
  folder: string,
): Promise<RunningGenerator> {
  const output = join(folder, "answers");
  const { users, thinkTime } = people;
  const load = ["--users", String(users), "--spawn-rate", String(users), "--stop-timeout", "35"];
  const rest = ["--headless", "--host", url, "--loglevel", "INFO"];
  const command = {
    program: python,
    args: ["-m", "locust", "-f", join(source, "users.py"), ...load, ...rest],
    env: { OUTPUT: output, MIN: String(thinkTime.min), MAX: String(thinkTime.max) },
    begins: "All users spawned",
  };
  return startGenerator(command, () => locustSamples(readFileSync(output, "utf8")));
}
