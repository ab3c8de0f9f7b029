#!/usr/bin/env bash
# A model in an image, which the node can pull or has already.
# From the root of a checkout, in the namespace that kubectl uses.
set -euxo pipefail

kubectl apply -f crds/examples/from-image/from-image.yaml
kubectl wait --for=condition=Ready --timeout=3m mdep/from-image
kubectl wait --for=jsonpath='{.status.serving.sha256}' --timeout=1m mdep/from-image
served=$(kubectl get mdep/from-image -o jsonpath='{.status.serving.sha256}{"\n"}')
[[ $served == "$(sha256sum model/intent-fr.onnx | cut -d ' ' -f 1)" ]]

namespace=$(kubectl get mdep/from-image -o jsonpath='{.metadata.namespace}')
api=/api/v1/namespaces/$namespace/services/from-image:http/proxy/api
answer=$(kubectl get --raw "$api/intent?sentence=un+train+pour+Paris")
[[ $answer == *'"find-train","probability":0.9'* ]]

kubectl delete -f crds/examples/from-image/from-image.yaml
