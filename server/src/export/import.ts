import { hash } from "node:crypto";
import type { Connection } from "../database/connection.ts";
import type { LabelledSentence } from "./examples.ts";

/** What became of reviewed sentences. */
export interface Imported {
  reviewed: number;
  /** Sentences that were never captured, or are deleted by now. */
  unknown: string[];
  /** Labels that no annotator of the model has, and how many sentences got them. */
  newLabels: Record<string, number>;
}

const fix = 'give a JSON array of { "intent": "…", "sentence": "…" }';

/** Reads reviewed sentences; throws with a sentence on the first thing that cannot be used. */
export function parseReviewed(text: string): LabelledSentence[] {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (cause) {
    throw new Error(`This is not JSON; ${fix}`, { cause });
  }
  if (!Array.isArray(found)) throw new Error(`This is not a list; ${fix}`);
  const items = found.map((item: unknown, index) => {
    const { intent, sentence } = (item ?? {}) as Partial<LabelledSentence>;
    const isUsable = typeof intent === "string" && intent !== "" && typeof sentence === "string";
    if (isUsable && !`${intent}${sentence}`.includes("\0")) return { intent, sentence };
    throw new Error(`Item ${index} is ${JSON.stringify(item)}; ${fix}`);
  });
  // The last word on a sentence counts.
  return [...new Map(items.map((item) => [item.sentence, item])).values()];
}

/** Sentences of one statement. */
const chunk = 1000;

/** Writes the labels of reviewed sentences: all of it, or nothing where something goes wrong. */
export async function importReviewed(
  connection: Connection,
  modelId: number,
  items: LabelledSentence[],
): Promise<Imported> {
  const keyed = items.map((item) => ({ ...item, sha256: hash("sha256", item.sentence, "hex") }));
  // In the order in which capture writes them, so that neither waits for the other in a circle.
  keyed.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const known = new Set<string>();
  await connection.query("BEGIN");
  for (let start = 0; start < keyed.length; start += chunk) {
    const some = keyed.slice(start, start + chunk);
    const { rows } = await connection.query<{ sha256: string }>(
      `UPDATE intendant.examples AS e SET reviewed_label = intent, reviewed_at = now()
       FROM unnest($2::text[], $3::text[]) AS reviewed (sha256, intent)
       WHERE e.model_id = $1 AND e.sha256 = decode(reviewed.sha256, 'hex')
       RETURNING reviewed.sha256`,
      [modelId, some.map(({ sha256 }) => sha256), some.map(({ intent }) => intent)],
    );
    for (const { sha256 } of rows) known.add(sha256);
  }
  await connection.query("COMMIT");
  return {
    reviewed: known.size,
    unknown: keyed.filter(({ sha256 }) => !known.has(sha256)).map(({ sentence }) => sentence),
    newLabels: await unknownLabels(connection, modelId, items),
  };
}

async function unknownLabels(
  connection: Connection,
  modelId: number,
  items: LabelledSentence[],
): Promise<Record<string, number>> {
  const { rows } = await connection.query<{ label: string }>(
    "SELECT DISTINCT unnest(labels) AS label FROM intendant.annotators WHERE model_id = $1",
    [modelId],
  );
  if (rows.length === 0) return {};
  const known = new Set(rows.map(({ label }) => label));
  const counts = new Map<string, number>();
  for (const { intent } of items) {
    if (!known.has(intent)) counts.set(intent, (counts.get(intent) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
