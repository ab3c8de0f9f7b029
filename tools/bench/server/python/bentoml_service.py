"""A BentoML service; started by `bentoml serve bentoml_service:Service`. MODEL_PATH"""

import bentoml


@bentoml.service(workers=1, logging={"access": {"enabled": False}})
class Service:
    def __init__(self) -> None:
        # Here and not above: the process that only watches the worker imports this file too.
        import onnx_model

        self.model = onnx_model

    @bentoml.api(route="/api/intent")
    async def intent(self, sentence: str) -> list[dict]:
        return self.model.intents(sentence)

    @bentoml.api(route="/v2/models/tiny/infer")
    async def infer(self, inputs: list[dict]) -> dict:
        return self.model.infer(inputs[0]["data"], inputs[0]["shape"])
