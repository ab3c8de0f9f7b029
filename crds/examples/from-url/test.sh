#!/usr/bin/env bash
# A model behind a URL, from a store that gives it to nobody without the header.
# From the root of a checkout, in the namespace that kubectl uses.
set -euxo pipefail

kubectl apply -f - <<'END'
apiVersion: v1
kind: Pod
metadata: { name: store, labels: { app: store } }
spec:
  securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
  containers:
    - name: store
      image: docker.io/intendant/server:0.1.0
      args:
        - --eval
        - |
          const answer = ({ url, headers }, response) => {
            const isAllowed = headers.authorization === "Bearer s3cret";
            if (isAllowed) response.end(fs.readFileSync(`/models${url}`));
            else response.writeHead(401).end();
          };
          http.createServer(answer).listen(8080);
      readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
---
apiVersion: v1
kind: Service
metadata: { name: store }
spec: { selector: { app: store }, ports: [{ port: 80, targetPort: 8080 }] }
END
kubectl wait --for=condition=Ready --timeout=2m pod/store

STORE=http://store AUTHORIZATION='Bearer s3cret'
kubectl create secret generic model-store --from-literal=authorization="$AUTHORIZATION"
sed "s|https://models.example.com|$STORE|" crds/examples/from-url/from-url.yaml | kubectl apply -f -
kubectl wait --for=condition=Ready --timeout=3m mdep/from-url

namespace=$(kubectl get mdep/from-url -o jsonpath='{.metadata.namespace}')
api=/api/v1/namespaces/$namespace/services/from-url:http/proxy/api
answer=$(kubectl get --raw "$api/intent?sentence=un+train+pour+Paris")
[[ $answer == *'"find-train","probability":0.9'* ]]

kubectl delete mdep/from-url secret/model-store
kubectl delete pod/store service/store
