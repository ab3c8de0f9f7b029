"""The ONNX model for the Python servers. MODEL_PATH: the file."""

import json
import os

import numpy as np
import onnxruntime

_options = onnxruntime.SessionOptions()
_options.intra_op_num_threads = 1
_options.inter_op_num_threads = 1
_session = onnxruntime.InferenceSession(
    os.environ["MODEL_PATH"], _options, providers=["CPUExecutionProvider"]
)
_input = _session.get_inputs()[0].name
_metadata = _session.get_modelmeta().custom_metadata_map

labels = json.loads(_metadata.get("labels", "[]"))
output = "probabilities" if labels else _session.get_outputs()[0].name


def run(rows):
    """The output for an array of rows: strings of the shape [N], or floats of the shape [N, 8]."""
    return _session.run([output], {_input: rows})[0]


def intents(sentence):
    """What one sentence wants: a list of all intents with their probabilities."""
    probabilities = run(np.array([sentence], dtype=object))[0].tolist()
    return [
        {"intent": intent, "probability": probability}
        for intent, probability in zip(labels, probabilities)
    ]


def infer(data, shape):
    """The outputs of the Open Inference Protocol for one input of 32 bit floats."""
    result = run(np.array(data, dtype=np.float32).reshape(shape))
    return {
        "model_name": "tiny",
        "outputs": [
            {
                "name": output,
                "datatype": "FP32",
                "shape": list(result.shape),
                "data": result.ravel().tolist(),
            }
        ],
    }
