#!/usr/bin/env bash
# A model over gRPC: it answers there, and over HTTP, with no collector of traces to be found.
# From the root of a checkout, in the namespace that kubectl uses.
set -euxo pipefail

kubectl apply -f crds/examples/intent-fr-grpc/intent-fr-grpc.yaml
kubectl wait --for=condition=Ready --timeout=3m mdep/intent-fr-grpc

export PATH="$PWD/node_modules/.bin:$PATH"
log=$(mktemp)
kubectl port-forward svc/intent-fr-grpc :8081 > "$log" &
trap 'kill $! || true; rm "$log"' EXIT
until address=$(grep -om1 '127\.0\.0\.1:[0-9]*' "$log"); do sleep 0.2; done
answer=$(node crds/examples/intent-fr-grpc/ask.mjs "$address" intent-fr-grpc "un train pour Paris")
[[ $answer == find-train ]]

namespace=$(kubectl get mdep/intent-fr-grpc -o jsonpath='{.metadata.namespace}')
api=/api/v1/namespaces/$namespace/services/intent-fr-grpc:http/proxy/api
answer=$(kubectl get --raw "$api/intent?sentence=un+train+pour+Paris")
[[ $answer == *'"find-train","probability":0.9'* ]]

kubectl delete -f crds/examples/intent-fr-grpc/intent-fr-grpc.yaml
