"""Tensors as JSON carries them between the tests and the clients, and as numpy arrays.

64 bit integers are texts, since JavaScript has no such numbers; BYTES are texts.
"""

import numpy as np

types = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
    "BYTES": np.object_,
}


def to_array(tensor):
    """A tensor of a test as an array."""
    values = tensor["data"]
    if tensor["datatype"] == "BYTES":
        values = [value.encode() for value in values]
    elif tensor["datatype"].endswith("INT64"):
        values = [int(value) for value in values]
    return np.array(values, dtype=types[tensor["datatype"]]).reshape(tensor["shape"])


def to_data(array):
    """The elements of an array as a test reads them."""
    values = array.flatten().tolist()
    if array.dtype == np.object_:
        return [value.decode() if isinstance(value, bytes) else value for value in values]
    return [str(value) for value in values] if array.dtype.itemsize == 8 and array.dtype.kind in "iu" else values
