import { format, resolveConfig } from "prettier";
import { parse, stringify } from "yaml";
import { fieldsOf, type Field, type Schema } from "./fields.ts";
import { meaning, meanings, type Meanings } from "./reasons.ts";

/** What the reference is made from: the texts of files. */
export interface Sources {
  /** crds/modeldeployments.yaml */
  crd: string;
  /** operator/src/api/reasons.ts, whose comments say what a reason means. */
  api: string;
  /** docs/reference/conditions.yaml, with an example of each reason. */
  conditions: string;
}

/** One line of status.conditions. */
export interface Example {
  type: string;
  status: string;
  reason: string;
  message: string;
}

interface Column {
  name: string;
  type: string;
  jsonPath: string;
  description?: string;
  priority?: number;
}

/** The reference of ModelDeployment, as Markdown. */
export async function reference({ crd, api, conditions }: Sources): Promise<string> {
  const { names, versions } = parse(crd).spec;
  const [{ name, schema, additionalPrinterColumns }] = versions;
  const { description, properties, ...rest } = schema.openAPIV3Schema;
  const reasons = meanings(api);
  const text = [
    "<!-- Generated from crds/modeldeployments.yaml, operator/src/api/reasons.ts and conditions.yaml by tools/generate/generate.ts. -->",
    `# ${names.kind}`,
    description,
    `\`apiVersion: intendant.dev/${name}\`, \`kind: ${names.kind}\`; in kubectl also ` +
      `\`${names.plural}\` and \`${names.shortNames.join("`, `")}\`. Namespaced. ` +
      "`kubectl explain mdep.spec` prints the same descriptions for the version that is installed " +
      "in a cluster. [Troubleshooting](../troubleshooting.md) has the remedy for each reason of a " +
      "condition.",
    "## Name",
    ...refused(fieldsOf("", { ...rest })[0]!.refusals),
    "## Columns",
    "Output of `kubectl get mdep`; columns in italics are shown with `-o wide` only.",
    table(additionalPrinterColumns),
    "## Spec",
    ...fieldsOf("spec", properties.spec, true).map(field),
    "## Annotations",
    annotations,
    "## Conditions",
    "`status.conditions` has one entry of each type. Scripts may rely on `reason`; `message` is written for people and may change. If a pod does not become ready, the reason can also be one that Kubernetes gives, such as `ImagePullBackOff`.",
    ...conditionSections(properties.status, parse(conditions) as Example[], reasons),
    "## Status",
    ...fieldsOf("status", properties.status).map(field),
  ].join("\n\n");
  const settings = await resolveConfig("docs/reference/modeldeployment.md");
  return format(text, { ...settings, parser: "markdown" });
}

const annotations = `
| annotation | what it does |
| --- | --- |
| \`intendant.dev/benchmark=now\` | runs the benchmark again for the serving revision; the operator removes the annotation |
| \`intendant.dev/retry=VALUE\` | tries a refused revision again whenever the value changes |
`;

function table(columns: Column[]): string {
  const rows = columns.map(({ name, jsonPath, description = "", priority = 0 }) => {
    const title = priority > 0 ? `_${name}_` : name;
    // A bar within a path would end the cell.
    return `| ${title} | \`${jsonPath.replaceAll("|", "\\|")}\` | ${description} |`;
  });
  return ["| column | from | |", "| --- | --- | --- |", ...rows].join("\n");
}

function field({ path, description, type, isRequired, ...more }: Field): string {
  const facts = [
    `Type: ${type}`,
    ...(isRequired ? ["required"] : []),
    ...more.bounds,
    ...(more.default === undefined ? [] : [`default: \`${more.default}\``]),
  ];
  const parts = [`### ${path}`, description, `${facts.join("; ")}.`, ...refused(more.refusals)];
  return parts.join("\n\n");
}

function refused(refusals: string[]): string[] {
  if (refusals.length === 0) return [];
  return ["Refused with:", refusals.map((words) => `- ${literal(words)}`).join("\n")];
}

/** A sentence in which Markdown finds no markup except code. */
function literal(words: string): string {
  return words.replaceAll(/[*_<[\]](?=[^`]*(?:`[^`]*`[^`]*)*$)/g, "\\$&");
}

function conditionSections(
  status: Schema,
  examples: Example[],
  reasons: Record<string, Meanings>,
): string[] {
  const { description = "" } = status.properties?.["conditions"] ?? {};
  // One sentence for each; other sentences may stand between them.
  const sentences = description.matchAll(/`(\w+)`: (.+?\.)(?= |$)/g);
  return [...sentences].flatMap(([, type = "", sentence = ""]) => [
    `### ${type}`,
    `True when ${sentence}`,
    ...examples
      .filter((example) => example.type === type)
      .map((example) => reasonSection(example, reasons[example.reason])),
  ]);
}

function reasonSection(example: Example, all: Meanings | undefined): string {
  const { type, reason, status } = example;
  if (!all) throw new Error(`operator/src/api/reasons.ts has no reason ${reason}`);
  const sentence = meaning(all, type);
  const whole = { ...example, observedGeneration: 4, lastTransitionTime: "2026-10-01T12:00:00Z" };
  const yaml = stringify({ conditions: [whole] }, { lineWidth: 90 });
  return [
    `#### ${type}: ${reason}`,
    `${status}: ${sentence}. [What to do](../troubleshooting.md#${reason.toLowerCase()})`,
    `\`\`\`yaml\n${yaml}\`\`\``,
  ].join("\n\n");
}
