#!/usr/bin/env bash
# The autoscaler aims for a share of what was measured.
# From the root of a checkout, in the namespace that kubectl uses.
set -euxo pipefail

kubectl apply -f crds/examples/capacity/capacity.yaml
kubectl wait --for=condition=Benchmarked --timeout=8m mdep/capacity
kubectl wait --for=condition=Ready --timeout=3m mdep/capacity
capacity=$(kubectl get mdep/capacity -o jsonpath='{.status.capacity}{"\n"}')
[[ $capacity == *'"rpsPerReplica":'* ]]
aim=$(kubectl get mdep/capacity -o jsonpath='{.status.autoscaling.target}')
[[ $aim == *m ]]
# The autoscaler is held as it is while something is measured.
kubectl wait --for=jsonpath='{.spec.maxReplicas}'=5 --timeout=1m hpa/capacity
metric=$(kubectl get hpa/capacity -o jsonpath='{.spec.metrics[0].resource.target}{"\n"}')
[[ $metric == *"\"averageValue\":\"$aim\""* ]]

kubectl delete -f crds/examples/capacity/capacity.yaml
