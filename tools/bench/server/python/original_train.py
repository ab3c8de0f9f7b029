"""Trains the text classifier of original_server.py, and asks it what each sentence wants.

    python original_train.py EXAMPLES SENTENCES FOLDER

EXAMPLES is a JSON array of {"intent", "sentence"}, SENTENCES one of strings. FOLDER/model is the
classifier, FOLDER/answers.json has the winning intent of each sentence.
"""

import json
import random
import sys
from pathlib import Path

import spacy
from spacy.training import Example
from spacy.util import fix_random_seed, minibatch

EPOCHS = 5
BATCH = 64

examples_file, sentences_file, folder = (Path(argument) for argument in sys.argv[1:])
examples = json.loads(examples_file.read_text())
labels = sorted({example["intent"] for example in examples})

fix_random_seed(0)
classifier = spacy.blank("fr")
pipe = classifier.add_pipe(
    "textcat",
    config={
        "model": {
            "@architectures": "spacy.TextCatBOW.v3",
            "exclusive_classes": True,
            "ngram_size": 1,
            "no_output_layer": False,
            "length": 262144,
        }
    },
)
for label in labels:
    pipe.add_label(label)


def training_example(sentence, intent):
    cats = {label: float(label == intent) for label in labels}
    return Example.from_dict(classifier.make_doc(sentence), {"cats": cats})


training = [training_example(**example) for example in examples]
optimizer = classifier.initialize(lambda: training)
for epoch in range(EPOCHS):
    random.shuffle(training)
    losses = {}
    for batch in minibatch(training, BATCH):
        classifier.update(batch, sgd=optimizer, losses=losses)
    print(f"epoch {epoch + 1} of {EPOCHS}: loss {losses['textcat']:.2f}", flush=True)

classifier.to_disk(folder / "model")
winners = [
    max(document.cats, key=document.cats.get)
    for document in classifier.pipe(json.loads(sentences_file.read_text()))
]
(folder / "answers.json").write_text(json.dumps(winners))
