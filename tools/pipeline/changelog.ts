/**
 * What a changelog says of a version, without its heading.
 *
 * @throws Error when it says nothing
 */
export function notes(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => /^\[?([^\]\s]+)/.exec(text)?.[1] === version);
  const text = section?.slice(section.indexOf("\n") + 1).trim();
  if (text) return text;
  throw new Error(`CHANGELOG.md says nothing of ${version}; write a section "## ${version}"`);
}
