"""tritonclient.http as its users call it."""

import asyncio

import tritonclient.http as http
import tritonclient.http.aio as aio
from tritonclient.utils import InferenceServerException

from tensors import to_array, to_data


def health(url, model):
    with http.InferenceServerClient(url) as client:
        return {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "model": client.is_model_ready(model),
            "version": client.is_model_ready(model, "1"),
            "unknown": client.is_model_ready("unknown"),
        }


def metadata(url, model):
    with http.InferenceServerClient(url) as client:
        return {"server": client.get_server_metadata(), "model": client.get_model_metadata(model)}


def infer(url, model, inputs, outputs=None, options=None):
    """Outputs by their names, each with the way it came: binary or JSON."""
    with http.InferenceServerClient(url) as client:
        return answer(client.infer(model, tensors(inputs), outputs=wanted(outputs), **(options or {})))


def infer_at_once(url, model, requests):
    """What many requests answer that are sent without waiting for one another."""
    with http.InferenceServerClient(url, concurrency=8) as client:
        pending = [client.async_infer(model, tensors(inputs)) for inputs in requests]
        return [answer(request.get_result()) for request in pending]


def infer_aio(url, model, requests):
    """The same with asyncio."""

    async def all_requests():
        async with aio.InferenceServerClient(url) as client:
            pending = [client.infer(model, tensors(inputs)) for inputs in requests]
            return [answer(result) for result in await asyncio.gather(*pending)]

    return asyncio.run(all_requests())


def refusal(url, model, inputs, outputs=None, options=None):
    """What the exception says to which a request leads."""
    try:
        infer(url, model, inputs, outputs, options)
    except InferenceServerException as error:
        return {"status": error.status(), "message": error.message()}
    return None


def tensors(inputs):
    return [tensor(input) for input in inputs]


def tensor(input):
    result = http.InferInput(input["name"], input["shape"], input["datatype"])
    # Without this option the client decides.
    options = {"binary_data": input["binary"]} if "binary" in input else {}
    result.set_data_from_numpy(to_array(input), **options)
    return result


def wanted(outputs):
    if outputs is None:
        return None
    return [
        http.InferRequestedOutput(output["name"], binary_data=output["binary"]) for output in outputs
    ]


def answer(result):
    response = result.get_response()
    return {
        "id": response.get("id"),
        "outputs": {output["name"]: read(result, output) for output in response["outputs"]},
    }


def read(result, output):
    return {
        "datatype": output["datatype"],
        "shape": output["shape"],
        "binary": "binary_data_size" in output.get("parameters", {}),
        "data": to_data(result.as_numpy(output["name"])),
    }
