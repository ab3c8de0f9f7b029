"""What onnxruntime for Python says of a model file, compared with what a server answers."""

import json
import pathlib
import urllib.request

import numpy as np
import onnx
import onnx.numpy_helper
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


def compare(file, url, given, seed):
    """Asks the server the same as onnxruntime, as JSON and as bytes.

    `given` says for each input its datatype, its shape and from where to where its values go.
    Answers the largest difference of the outputs, and their shapes.
    """
    random = np.random.default_rng(seed)
    return difference(load(file), url, {name: values(random, **given[name]) for name in given})


def library():
    """The models of ONNX's own tests that this version of onnxruntime loads, by their files."""
    root = pathlib.Path(onnx.__file__).parent / "backend/test/data"
    files = sorted(str(file) for file in root.glob("*/*/model.onnx"))
    return [file for file in files if loads(file)]


def compare_recorded(file, url):
    """The same as `compare` with the inputs that lie beside a model of `library()`."""
    session = load(file)
    folder = pathlib.Path(file).parent / "test_data_set_0"
    inputs = {
        input.name: onnx.numpy_helper.to_array(onnx.load_tensor(folder / f"input_{index}.pb"))
        for index, input in enumerate(session.get_inputs())
    }
    return difference(session, url, inputs)


def loads(file):
    try:
        load(file)
    except Exception:
        return False
    return True


def difference(session, url, inputs):
    names = [spec["name"] for spec in specs(session.get_outputs())]
    expected = dict(zip(names, session.run(names, inputs)))
    sent = {spec["name"]: (spec["datatype"], inputs[spec["name"]]) for spec in specs(session.get_inputs())}
    answers = {"json": ask_json(url, sent), "binary": ask_binary(url, sent, names)}
    return {
        "shapes": {name: list(expected[name].shape) for name in names},
        **{
            way: max(distance(answer.get(name), expected[name]) for name in names)
            for way, answer in answers.items()
        },
    }


def values(random, datatype, shape, least, most):
    if datatype.startswith("FP"):
        return random.uniform(least, most, shape).astype(types[datatype])
    return random.integers(least, most, shape, endpoint=True).astype(types[datatype])


def ask_json(url, sent):
    inputs = [
        {"name": name, "datatype": datatype, "shape": array.shape, "data": array.flatten().tolist()}
        for name, (datatype, array) in sent.items()
    ]
    request = urllib.request.Request(
        f"{url}/v2/models/test/infer",
        json.dumps({"inputs": inputs}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        outputs = json.load(response)["outputs"]
    return {
        output["name"]: np.array(output["data"], types[output["datatype"]]).reshape(output["shape"])
        for output in outputs
    }


def ask_binary(url, sent, names):
    with http.InferenceServerClient(url.removeprefix("http://")) as client:
        inputs = []
        for name, (datatype, array) in sent.items():
            tensor = http.InferInput(name, list(array.shape), datatype)
            inputs.append(tensor.set_data_from_numpy(array))
        result = client.infer("test", inputs)
        return {name: result.as_numpy(name) for name in names}


def distance(array, expected):
    """How far apart two arrays are, relative to numbers above 1; infinite for other shapes."""
    if array is None or array.shape != expected.shape or array.dtype != expected.dtype:
        return float("inf")
    if array.dtype.kind == "O":
        texts = [text.decode() if isinstance(text, bytes) else text for text in array.flatten()]
        return 0 if texts == expected.flatten().tolist() else float("inf")
    if array.dtype.kind not in "fiu":
        return 0 if np.array_equal(array, expected) else float("inf")
    array, expected = array.astype(np.float64), expected.astype(np.float64)
    if not np.array_equal(np.isnan(array), np.isnan(expected)):
        return float("inf")
    apart = np.abs(array - expected) / np.maximum(1, np.abs(expected))
    return float(np.nanmax(apart, initial=0))
