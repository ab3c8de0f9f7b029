import { cpSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../tools/support/command.ts";
import { checkout } from "../../../tools/support/checkout.ts";

/** A repository with the present files of this checkout, as a runner would clone it. */
export interface Clone {
  folder: string;
  commit: string;
  remove: () => void;
}

/** Makes a repository of one commit with everything in this checkout that git does not ignore. */
export async function clone(): Promise<Clone> {
  const folder = mkdtempSync(join(tmpdir(), "intendant-clone-"));
  const listed = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  for (const path of (await run("git", listed, { cwd: checkout })).split("\0")) {
    const file = join(checkout, path);
    // What was deleted and not committed is listed too.
    if (path && statSync(file, { throwIfNoEntry: false })) cpSync(file, join(folder, path));
  }
  const git = (...args: string[]) => run("git", args, { cwd: folder });
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  const author = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
  await git(...author, "commit", "--quiet", "--message=Everything");
  await git("remote", "add", "origin", "https://gitlab.example.com/team/intendant.git");
  const commit = (await git("rev-parse", "HEAD")).trim();
  return { folder, commit, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
