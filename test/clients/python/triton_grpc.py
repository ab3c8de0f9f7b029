"""tritonclient.grpc as its users call it."""

import asyncio
import queue

import tritonclient.grpc as grpc
import tritonclient.grpc.aio as aio
from tritonclient.utils import InferenceServerException

from tensors import to_array, to_data


def health(url, model):
    with grpc.InferenceServerClient(url) as client:
        return {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "model": client.is_model_ready(model),
            "version": client.is_model_ready(model, "1"),
        }


def metadata(url, model):
    with grpc.InferenceServerClient(url) as client:
        return {
            "server": client.get_server_metadata(as_json=True),
            "model": client.get_model_metadata(model, as_json=True),
        }


def infer(url, model, inputs, outputs=None, options=None):
    with grpc.InferenceServerClient(url) as client:
        return answer(client.infer(model, tensors(inputs), outputs=wanted(outputs), **(options or {})))


def infer_at_once(url, model, requests):
    """What many requests answer that are sent without waiting for one another."""
    results = queue.Queue()
    with grpc.InferenceServerClient(url) as client:
        for index, inputs in enumerate(requests):
            done = lambda result, error, index=index: results.put((index, result, error))
            client.async_infer(model, tensors(inputs), done)
        answers = [results.get(timeout=30) for _ in requests]
    for _, _, error in answers:
        if error:
            raise error
    return [answer(result) for _, result, _ in sorted(answers, key=lambda item: item[0])]


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
    result = grpc.InferInput(input["name"], input["shape"], input["datatype"])
    result.set_data_from_numpy(to_array(input))
    return result


def wanted(outputs):
    return outputs and [grpc.InferRequestedOutput(name) for name in outputs]


def answer(result):
    response = result.get_response()
    return {
        "id": response.id,
        "outputs": {output.name: read(result, output) for output in response.outputs},
    }


def read(result, output):
    return {
        "datatype": output.datatype,
        "shape": list(output.shape),
        "data": to_data(result.as_numpy(output.name)),
    }
