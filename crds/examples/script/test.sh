#!/usr/bin/env bash
# A k6 script and sentences of one's own: its figures are in the status.
# From the root of a checkout, in the namespace that kubectl uses.
set -euxo pipefail

kubectl apply -f crds/examples/script/script.yaml
kubectl wait --for=condition=WithinSLO --timeout=6m mdep/script
figures=$(kubectl get mdep/script -o jsonpath='{.status.benchmark}{"\n"}')
[[ $figures == *'"scenario":"Script"'* && $figures == *'"errors":0'* ]]
requests=$(kubectl get mdep/script -o jsonpath='{.status.benchmark.requests}')
# On average 27 a second for 20 seconds, then 50 for 40.
((requests >= 2000))

kubectl delete -f crds/examples/script/script.yaml
