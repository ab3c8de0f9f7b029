#!/usr/bin/env bash
# A model in a ConfigMap: what is served is the file that was put there.
# From the root of a checkout, in the namespace that kubectl uses.
set -euxo pipefail

kubectl create configmap intent-fr --from-file=model.onnx=model/intent-fr.onnx
kubectl apply -f crds/examples/from-config-map/from-config-map.yaml
kubectl wait --for=condition=Ready --timeout=3m mdep/from-config-map

# The operator asks the server what it serves once it is ready.
kubectl wait --for=jsonpath='{.status.serving.sha256}' --timeout=1m mdep/from-config-map
served=$(kubectl get mdep/from-config-map -o jsonpath='{.status.serving.sha256}{"\n"}')
[[ $served == "$(sha256sum model/intent-fr.onnx | cut -d ' ' -f 1)" ]]

namespace=$(kubectl get mdep/from-config-map -o jsonpath='{.metadata.namespace}')
api=/api/v1/namespaces/$namespace/services/from-config-map:http/proxy/api
answer=$(kubectl get --raw "$api/intent?sentence=un+train+pour+Paris")
[[ $answer == *'"find-train","probability":0.9'* ]]

kubectl delete -f crds/examples/from-config-map/from-config-map.yaml
kubectl delete configmap intent-fr
