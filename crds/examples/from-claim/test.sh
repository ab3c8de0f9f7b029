#!/usr/bin/env bash
# A model on a volume: it serves the file that a Job has left there.
# From the root of a checkout, in the namespace that kubectl uses.
set -euxo pipefail

kubectl apply -f crds/examples/from-claim/claim.yaml -f crds/examples/from-claim/train.yaml
kubectl wait --for=condition=Complete --timeout=3m job/train

kubectl apply -f crds/examples/from-claim/from-claim.yaml
kubectl wait --for=condition=Ready --timeout=3m mdep/from-claim
kubectl wait --for=jsonpath='{.status.serving.sha256}' --timeout=1m mdep/from-claim
served=$(kubectl get mdep/from-claim -o jsonpath='{.status.serving.sha256}{"\n"}')
[[ $served == "$(sha256sum model/intent-fr.onnx | cut -d ' ' -f 1)" ]]

namespace=$(kubectl get mdep/from-claim -o jsonpath='{.metadata.namespace}')
api=/api/v1/namespaces/$namespace/services/from-claim:http/proxy/api
answer=$(kubectl get --raw "$api/intent?sentence=un+train+pour+Paris")
[[ $answer == *'"find-train","probability":0.9'* ]]

kubectl delete -f crds/examples/from-claim/from-claim.yaml -f crds/examples/from-claim/train.yaml
kubectl delete -f crds/examples/from-claim/claim.yaml
