"""FastAPI and uvicorn with its fastest parts. PORT, MODEL_PATH"""

import os

import onnx_model
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Intent(BaseModel):
    intent: str
    probability: float


class Tensor(BaseModel):
    name: str
    datatype: str
    shape: list[int]
    data: list[float]


class Inference(BaseModel):
    inputs: list[Tensor]


class Inferred(BaseModel):
    model_name: str
    outputs: list[Tensor]


app = FastAPI()


# In the event loop: a run is shorter than the way to a thread and back.
@app.get("/api/intent")
async def intent(sentence: str) -> list[Intent]:
    return onnx_model.intents(sentence)


@app.post("/v2/models/tiny/infer")
async def infer(inference: Inference) -> Inferred:
    tensor = inference.inputs[0]
    return onnx_model.infer(tensor.data, tensor.shape)


uvicorn.run(
    app,
    host="127.0.0.1",
    port=int(os.environ["PORT"]),
    loop="uvloop",
    http="httptools",
    access_log=False,
    log_level="warning",
)
