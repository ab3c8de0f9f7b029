#!/usr/bin/env bash
# A first model: it serves, it is measured, and it keeps its promise.
# From the root of a checkout, in the namespace that kubectl uses.
set -euxo pipefail

kubectl apply -f crds/examples/intent-fr/intent-fr.yaml
kubectl wait --for=condition=Ready --timeout=3m mdep/intent-fr

namespace=$(kubectl get mdep/intent-fr -o jsonpath='{.metadata.namespace}')
api=/api/v1/namespaces/$namespace/services/intent-fr:http/proxy/api
answer=$(kubectl get --raw "$api/intent?sentence=un+train+pour+Paris")
[[ $answer == *'"find-train","probability":0.9'* ]]

kubectl wait --for=condition=WithinSLO --timeout=5m mdep/intent-fr
shown=$(kubectl get mdep/intent-fr)
p95=$(kubectl get mdep/intent-fr -o jsonpath='{.status.benchmark.p95}{"\n"}')
[[ $p95 == *ms && $shown == *"$p95"* ]]

kubectl delete -f crds/examples/intent-fr/intent-fr.yaml
