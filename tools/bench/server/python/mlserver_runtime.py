"""A runtime for MLServer, which speaks the Open Inference Protocol by itself. MODEL_PATH"""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Runtime(MLModel):
    async def load(self) -> bool:
        # Here and not above: only the process that runs the model needs it.
        import onnx_model

        self._model = onnx_model
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        tensor = payload.inputs[0]
        if tensor.datatype == "BYTES":
            rows = np.array(StringCodec.decode_input(tensor), dtype=object)
        else:
            rows = NumpyCodec.decode_input(tensor)
        output = NumpyCodec.encode_output(self._model.output, self._model.run(rows))
        return InferenceResponse(model_name=self.name, outputs=[output])
