"""KServe's InferenceRESTClient as its users call it."""

import asyncio
import importlib.util
import sys
import types

from tensors import to_array, to_data

# The package imports its server and everything for Kubernetes. The client needs neither, so its
# module is imported without what the package does around it.
package = types.ModuleType("kserve")
package.__path__ = list(importlib.util.find_spec("kserve").submodule_search_locations)
sys.modules["kserve"] = package

from kserve.inference_client import InferenceRESTClient, RESTConfig  # noqa: E402
from kserve.protocol.infer_type import (  # noqa: E402
    InferInput,
    InferRequest,
    RequestedOutput,
)


def health(url, model):
    return use(lambda client: health_of(client, url, model))


async def health_of(client, url, model):
    return {
        "live": await client.is_server_live(url),
        "ready": await client.is_server_ready(url),
        "model": await client.is_model_ready(url, model),
        "unknown": await client.is_model_ready(url, "unknown"),
    }


def infer(url, model, inputs, outputs=None):
    """Outputs by their names; `binary` of an input or output decides how it is sent."""

    async def ask(client):
        request = InferRequest(
            model_name=model,
            request_id="7",
            infer_inputs=[tensor(input) for input in inputs],
            request_outputs=outputs
            and [
                RequestedOutput(output["name"], {"binary_data": output["binary"]})
                for output in outputs
            ],
        )
        response = await client.infer(url, request, model_name=model)
        return {
            "id": response.id,
            "model": response.model_name,
            "outputs": {
                output.name: {
                    "datatype": output.datatype,
                    "shape": output.shape,
                    "data": to_data(output.as_numpy()),
                }
                for output in response.outputs
            },
        }

    return use(ask)


def infer_dictionary(url, model, body):
    """What the client answers to a body of JSON."""

    async def ask(client):
        response = await client.infer(url, body, model_name=model)
        return {output.name: to_data(output.as_numpy()) for output in response.outputs}

    return use(ask)


def refusal(url, model, inputs):
    """What the exception says to which a request leads."""
    try:
        infer(url, model, inputs)
    except Exception as error:
        return str(error)
    return None


def tensor(input):
    result = InferInput(input["name"], input["shape"], input["datatype"])
    result.set_data_from_numpy(to_array(input), binary_data=input["binary"])
    return result


def use(work):
    async def run():
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        try:
            return await work(client)
        finally:
            await client.close()

    return asyncio.run(run())
