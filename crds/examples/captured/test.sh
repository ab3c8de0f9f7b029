#!/usr/bin/env bash
# What is asked is kept without what is nobody's business, and is labelled when it is quiet.
# From the root of a checkout, in the namespace that kubectl uses.
set -euxo pipefail

export PATH="$PWD/node_modules/.bin:$PATH"
node tools/database/main.ts
kubectl apply -f crds/examples/captured/captured.yaml
kubectl wait --for=condition=Capturing --timeout=5m mdep/captured

namespace=$(kubectl get mdep/captured -o jsonpath='{.metadata.namespace}')
api=/api/v1/namespaces/$namespace/services/captured:http/proxy/api
for n in {2..25}; do
  kubectl get --raw "$api/intent?sentence=un+train+pour+Paris+pour+$n+personnes,+jeanne@example.com" > /dev/null
done
until kubectl get mdep/captured -o jsonpath='{.status.capture}' | grep '"sentences":[1-9]'; do
  sleep 1
done
kept=$(kubectl exec database-0 -- psql --username=postgres --dbname=app \
  --command='SELECT sentence FROM intendant.examples LIMIT 5')
[[ $kept == *'[email]'* && $kept != *jeanne* ]]

kubectl create configmap annotator --from-file=model.onnx=model/intent-fr.onnx
kubectl apply -f crds/examples/captured/enriched.yaml
until kubectl get mdep/captured -o jsonpath='{.status.enrichment}' | grep '"enriched":[1-9]'; do
  sleep 1
done
labelled=$(kubectl exec svc/captured -- /nodejs/bin/node export.js --min-probability 0.9)
[[ $labelled == *find-train* ]]

kubectl delete mdep/captured configmap/annotator
node tools/database/main.ts --down
