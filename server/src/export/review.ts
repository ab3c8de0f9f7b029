import type { Connection } from "../database/connection.ts";
import type { Review } from "./config.ts";
import { rowsBehindCursor } from "./cursor.ts";

/** A sentence that needs a review. */
export interface ReviewItem {
  /** The annotator's label: right, or to be corrected. */
  intent: string;
  sentence: string;
  probability: number;
  /** What the model that serves answered last; null when answers are not captured. */
  served: string | null;
  /** How often it was asked. */
  seen: number;
}

/**
 * What is worth a look: where the annotator contradicts what was served, those that were asked most
 * often first; then where it is unsure, the least sure first.
 */
export function reviewItems(
  connection: Connection,
  modelId: number,
  { below, limit }: Pick<Review, "below" | "limit">,
): AsyncGenerator<ReviewItem> {
  return rowsBehindCursor<ReviewItem>(
    connection,
    `SELECT annotated AS intent, sentence, probability, served, seen::float8 AS seen
     FROM intendant.to_review WHERE model_id = $1 AND (contradicts OR probability < $3)
     ORDER BY contradicts DESC, CASE WHEN contradicts THEN seen END DESC, probability, example_id
     LIMIT $2`,
    [modelId, limit, below],
  );
}
