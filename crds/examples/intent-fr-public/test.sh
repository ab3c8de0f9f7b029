#!/usr/bin/env bash
# A model for others: its pods are where they may be, and its Ingress is as it was asked for.
# From the root of a checkout, in the namespace that kubectl uses.
set -euxo pipefail

kubectl apply -f crds/examples/intent-fr-public/intent-fr-public.yaml
kubectl wait --for=condition=Ready --timeout=5m mdep/intent-fr-public

rule='{.spec.rules[0].host} {.spec.rules[0].http.paths[0].backend.service.name}{"\n"}'
[[ $(kubectl get ingress/intent-fr-public -o jsonpath="$rule") == "intent.example.com intent-fr-public" ]]
secret=$(kubectl get ingress/intent-fr-public -o jsonpath='{.spec.tls[0].secretName}')
[[ $secret == intent-example-com ]]

pods=$(kubectl get pods -l intendant.dev/model=intent-fr-public -o wide)
[[ $(grep -c Running <<< "$pods") == 2 ]]
team=$(kubectl get pods -l intendant.dev/model=intent-fr-public \
  -o jsonpath='{.items[*].metadata.annotations.example\.com/team}')
[[ $team == "search search" ]]

# Through the Service that the Ingress leads to; there need be nobody who makes Ingresses true.
namespace=$(kubectl get mdep/intent-fr-public -o jsonpath='{.metadata.namespace}')
api=/api/v1/namespaces/$namespace/services/intent-fr-public:http/proxy/api
answer=$(kubectl get --raw "$api/intent?sentence=un+train+pour+Paris")
[[ $answer == *'"find-train","probability":0.9'* ]]

kubectl delete -f crds/examples/intent-fr-public/intent-fr-public.yaml
