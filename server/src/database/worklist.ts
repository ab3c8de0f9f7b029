/** Version 2: what workers that annotate need beside the queue. */
export const worklist = `
ALTER TABLE intendant.annotators
  ADD active boolean NOT NULL DEFAULT true,
  ADD refused bigint NOT NULL DEFAULT 0,
  ADD backfilled bigint NOT NULL DEFAULT 0,
  ADD backfill_until bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN intendant.annotators.active IS 'whether new examples are queued for it; one of each model at most';
COMMENT ON COLUMN intendant.annotators.refused IS 'examples that the model cannot label';
COMMENT ON COLUMN intendant.annotators.backfilled IS 'the example up to which those that were there before it are queued';
COMMENT ON COLUMN intendant.annotators.backfill_until IS 'the newest example that was there before it';

CREATE TABLE intendant.refusals (
  annotator_id integer NOT NULL REFERENCES intendant.annotators ON DELETE CASCADE,
  example_id bigint NOT NULL REFERENCES intendant.examples ON DELETE CASCADE,
  message text NOT NULL,
  refused_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (example_id, annotator_id)
);
CREATE INDEX ON intendant.refusals (annotator_id);
COMMENT ON TABLE intendant.refusals IS 'examples that an annotator cannot label, and why';

CREATE VIEW intendant.to_review AS
SELECT e.model_id, e.id AS example_id, e.sentence, e.seen, a.label AS annotated, a.probability,
  r.label AS served, coalesce(r.label <> a.label, false) AS contradicts
FROM intendant.annotations AS a
JOIN intendant.annotators AS n ON n.id = a.annotator_id AND n.active
JOIN intendant.examples AS e ON e.id = a.example_id
LEFT JOIN LATERAL (
  SELECT answer ->> 'label' AS label FROM intendant.requests
  WHERE example_id = e.id AND answer IS NOT NULL ORDER BY id DESC LIMIT 1
) AS r ON true
WHERE e.reviewed_label IS NULL;
COMMENT ON VIEW intendant.to_review IS 'labelled sentences that nobody has reviewed, and whether something else was served';
`;
