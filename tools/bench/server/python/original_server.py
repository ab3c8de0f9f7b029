"""What the original was made of: bottle and a spaCy text classifier.

PORT, MODEL_PATH (a folder that original_train.py wrote), SERVER (wsgiref or waitress)
"""

import json
import logging
import os

import spacy
from bottle import request, response, route, run

# One line for each request that waits would be an access log.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)
classifier = spacy.load(os.environ["MODEL_PATH"])


@route("/api/intent")
def intent():
    cats = classifier(request.query.getunicode("sentence")).cats
    response.content_type = "application/json"
    return json.dumps([{"intent": key, "probability": cats[key]} for key in cats])


run(server=os.environ["SERVER"], host="127.0.0.1", port=int(os.environ["PORT"]), quiet=True)
