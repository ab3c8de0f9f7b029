#!/usr/bin/env bash
# A model over gRPC: it answers there, and over HTTP, with no collector of traces to be found.
# From the root of a checkout, in the namespace that kubectl uses.
set -euxo pipefail

kubectl apply -f crds/examples/intent-fr-grpc/intent-fr-grpc.yaml
kubectl wait --for=condition=Ready --timeout=3m mdep/intent-fr-grpc

export PATH="$PWD/node_modules/.bin:$PATH"
kubectl port-forward svc/intent-fr-grpc 18081:8081 &
trap 'kill $! || true' EXIT
answer=$(node crds/examples/intent-fr-grpc/ask.mjs localhost:18081 intent-fr-grpc "un train pour Paris")
[[ $answer == find-train ]]

namespace=$(kubectl get mdep/intent-fr-grpc -o jsonpath='{.metadata.namespace}')
api=/api/v1/namespaces/$namespace/services/intent-fr-grpc:http/proxy/api
answer=$(kubectl get --raw "$api/intent?sentence=un+train+pour+Paris")
[[ $answer == *'"find-train","probability":0.9'* ]]

kubectl delete -f crds/examples/intent-fr-grpc/intent-fr-grpc.yaml
