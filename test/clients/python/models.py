"""What onnxruntime for Python says of a model file, compared with what a server answers."""

import json
import urllib.request

import numpy as np
import onnxruntime
import tritonclient.http as http

from tensors import types

datatypes = {
    "tensor(bool)": "BOOL",
    "tensor(uint8)": "UINT8",
    "tensor(uint16)": "UINT16",
    "tensor(uint32)": "UINT32",
    "tensor(uint64)": "UINT64",
    "tensor(int8)": "INT8",
    "tensor(int16)": "INT16",
    "tensor(int32)": "INT32",
    "tensor(int64)": "INT64",
    "tensor(float16)": "FP16",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(string)": "BYTES",
}


def load(file):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def describe(file):
    """Inputs and outputs as the Open Inference Protocol writes them; outputs that are tensors."""
    session = load(file)
    return {"inputs": specs(session.get_inputs()), "outputs": specs(session.get_outputs())}


def specs(values):
    return [
        {
            "name": value.name,
            "datatype": datatypes[value.type],
            "shape": [size if isinstance(size, int) else -1 for size in value.shape],
        }
        for value in values
        if value.type in datatypes
    ]


def compare(file, url, model, given, seed):
    """Asks the server the same as onnxruntime, as JSON and as bytes.

    `given` says for each input its datatype, its shape and from where to where its values go.
    Answers the largest difference of the outputs and their shapes.
    """
    random = np.random.default_rng(seed)
    inputs = {name: values(random, **what) for name, what in given.items()}
    session = load(file)
    names = [spec["name"] for spec in specs(session.get_outputs())]
    expected = dict(zip(names, session.run(names, inputs)))
    difference = {
        way: max(distance(array, expected[name]) for name, array in answer.items())
        for way, answer in (
            ("json", ask_json(url, model, given, inputs)),
            ("binary", ask_binary(url, model, given, inputs, names)),
        )
        # An answer that leaves out an output differs from the first.
        if list(answer) == names
    }
    return {**difference, "shapes": {name: list(expected[name].shape) for name in names}}


def values(random, datatype, shape, least, most):
    if datatype.startswith("FP"):
        return random.uniform(least, most, shape).astype(types[datatype])
    return random.integers(least, most, shape, endpoint=True).astype(types[datatype])


def ask_json(url, model, given, inputs):
    body = {
        "inputs": [
            {
                "name": name,
                "datatype": given[name]["datatype"],
                "shape": list(array.shape),
                "data": array.flatten().tolist(),
            }
            for name, array in inputs.items()
        ]
    }
    request = urllib.request.Request(
        f"{url}/v2/models/{model}/infer",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        outputs = json.load(response)["outputs"]
    return {
        output["name"]: np.array(output["data"], types[output["datatype"]]).reshape(output["shape"])
        for output in outputs
    }


def ask_binary(url, model, given, inputs, names):
    with http.InferenceServerClient(url.removeprefix("http://")) as client:
        tensors = []
        for name, array in inputs.items():
            tensor = http.InferInput(name, list(array.shape), given[name]["datatype"])
            tensors.append(tensor.set_data_from_numpy(array))
        result = client.infer(model, tensors)
        return {name: result.as_numpy(name) for name in names}


def distance(array, expected):
    """How far apart two arrays are, relative to numbers above 1; infinite for other shapes."""
    if array is None or array.shape != expected.shape or array.dtype != expected.dtype:
        return float("inf")
    if array.dtype.kind not in "fiu":
        return 0 if np.array_equal(array, expected) else float("inf")
    array, expected = array.astype(np.float64), expected.astype(np.float64)
    if not np.array_equal(np.isnan(array), np.isnan(expected)):
        return float("inf")
    apart = np.abs(array - expected) / np.maximum(1, np.abs(expected))
    return float(np.nanmax(apart, initial=0))
