#!/usr/bin/env bash
# A steady rate: the figures are of as many requests as were asked for.
# From the root of a checkout, in the namespace that kubectl uses.
set -euxo pipefail

kubectl apply -f crds/examples/rate/rate.yaml
kubectl wait --for=condition=Benchmarked --timeout=6m mdep/rate
figures=$(kubectl get mdep/rate -o jsonpath='{.status.benchmark}{"\n"}')
[[ $figures == *'"loadModel":"open"'* && $figures == *'"scenario":"Rate"'* ]]
requests=$(kubectl get mdep/rate -o jsonpath='{.status.benchmark.requests}')
((requests >= 200 * 60 * 95 / 100))
[[ $(kubectl get mdep/rate -o jsonpath='{.status.benchmark.errors}') == 0 ]]

kubectl delete -f crds/examples/rate/rate.yaml
