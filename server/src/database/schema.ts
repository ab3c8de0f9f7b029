/**
 * Version 1 of the schema `intendant`. One database serves many models.
 *
 * Deleting an example takes everything with it that was derived from it, which is how retention and
 * a person's wish to be forgotten work; that is why each reference has an index. Whoever adds rows
 * for examples of others locks these FOR KEY SHARE first, for they may be deleted meanwhile.
 */
export const schema = `
CREATE TABLE intendant.models (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  captured bigint NOT NULL DEFAULT 0,
  examples bigint NOT NULL DEFAULT 0
);
COMMENT ON COLUMN intendant.models.name IS 'namespace/name of the ModelDeployment';
COMMENT ON COLUMN intendant.models.captured IS 'requests that were ever captured, also those that are gone';
COMMENT ON COLUMN intendant.models.examples IS 'examples that there are';

-- Which of its batches a server has written last: after a lost connection it can be unknown
-- whether a COMMIT was done, and then the batch comes again.
CREATE TABLE intendant.writers (
  id uuid PRIMARY KEY,
  model_id integer NOT NULL REFERENCES intendant.models ON DELETE CASCADE,
  batch bigint NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON intendant.writers (model_id, written_at);

CREATE TABLE intendant.examples (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_id integer NOT NULL REFERENCES intendant.models ON DELETE CASCADE,
  sha256 bytea NOT NULL,
  sentence text,
  inputs jsonb,
  seen bigint NOT NULL,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  reviewed_label text,
  reviewed_at timestamptz,
  UNIQUE (model_id, sha256),
  CHECK ((sentence IS NULL) <> (inputs IS NULL))
);
CREATE INDEX ON intendant.examples (model_id, last_seen);
COMMENT ON TABLE intendant.examples IS 'different inputs, each once';
COMMENT ON COLUMN intendant.examples.sha256 IS 'of the input as it is kept, after redaction';
COMMENT ON COLUMN intendant.examples.inputs IS 'of models that do not take one text: the tensors, as the Open Inference Protocol writes them';
COMMENT ON COLUMN intendant.examples.seen IS 'how often it was captured';
COMMENT ON COLUMN intendant.examples.reviewed_label IS 'what a person says that it is';

CREATE TABLE intendant.requests (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_id integer NOT NULL REFERENCES intendant.models ON DELETE CASCADE,
  example_id bigint NOT NULL REFERENCES intendant.examples ON DELETE CASCADE,
  model_sha256 bytea NOT NULL,
  at timestamptz NOT NULL,
  answer jsonb,
  microseconds bigint
);
CREATE INDEX ON intendant.requests (model_id, at);
CREATE INDEX ON intendant.requests (example_id);
COMMENT ON COLUMN intendant.requests.model_sha256 IS 'of the model that answered';
COMMENT ON COLUMN intendant.requests.microseconds IS 'from the request to its answer, within the server';

CREATE TABLE intendant.annotators (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_id integer NOT NULL REFERENCES intendant.models ON DELETE CASCADE,
  sha256 bytea NOT NULL,
  labels text[] NOT NULL,
  enriched bigint NOT NULL DEFAULT 0,
  pending bigint NOT NULL DEFAULT 0,
  UNIQUE (model_id, sha256)
);
COMMENT ON TABLE intendant.annotators IS 'models that label the examples of another';

CREATE TABLE intendant.pending (
  annotator_id integer NOT NULL REFERENCES intendant.annotators ON DELETE CASCADE,
  example_id bigint NOT NULL REFERENCES intendant.examples ON DELETE CASCADE,
  PRIMARY KEY (annotator_id, example_id)
);
CREATE INDEX ON intendant.pending (example_id);
COMMENT ON TABLE intendant.pending IS 'the queue: examples that an annotator has not labelled';

-- By the example first: those of one are deleted with it, and read together.
CREATE TABLE intendant.annotations (
  annotator_id integer NOT NULL REFERENCES intendant.annotators ON DELETE CASCADE,
  example_id bigint NOT NULL REFERENCES intendant.examples ON DELETE CASCADE,
  label text NOT NULL,
  probability real NOT NULL,
  probabilities real[] NOT NULL,
  annotated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (example_id, annotator_id)
);
CREATE INDEX ON intendant.annotations (annotator_id);
COMMENT ON COLUMN intendant.annotations.probabilities IS 'in the order of the annotator''s labels';

CREATE TABLE intendant.batches (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  annotator_id integer NOT NULL REFERENCES intendant.annotators ON DELETE CASCADE,
  rows integer NOT NULL,
  seconds double precision NOT NULL,
  finished_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON intendant.batches (annotator_id, finished_at);
COMMENT ON TABLE intendant.batches IS 'how fast annotators are';
`;
