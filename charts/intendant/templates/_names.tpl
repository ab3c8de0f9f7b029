{{/* Name of everything that belongs to this release. */}}
{{- define "intendant.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels of every object. */}}
{{- define "intendant.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Labels by which the operator's pods are found; they never change. */}}
{{- define "intendant.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* Name of the ServiceAccount that the operator runs as. */}}
{{- define "intendant.serviceAccount" -}}
{{- $own := ternary (include "intendant.name" .) "default" .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default $own -}}
{{- end -}}

{{/* Reference to one of the images: include "intendant.image" (list . "server"). */}}
{{- define "intendant.image" -}}
{{- $top := index . 0 -}}
{{- $image := index $top.Values.image (index . 1) -}}
{{- $name := printf "%s/%s" $top.Values.image.registry $image.repository -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name ($image.tag | default $top.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* Environment variables of the operator, which operator/src/config.ts reads. */}}
{{- define "intendant.env" -}}
- name: SERVER_IMAGE
  value: {{ include "intendant.image" (list . "server") }}
- name: BENCHMARK_IMAGE
  value: {{ include "intendant.image" (list . "benchmark") }}
- name: IMAGE_PULL_POLICY
  value: {{ .Values.image.pullPolicy }}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: POD_LABELS
  value: {{ include "intendant.selector" . | replace ": " "=" | replace "\n" "," | quote }}
- name: NETWORK_POLICIES
  value: {{ .Values.networkPolicy.enabled | quote }}
- name: MONITORING_NAMESPACES
  value: {{ join "," .Values.networkPolicy.monitoringNamespaces | quote }}
- name: WATCH_NAMESPACES
  value: {{ join "," .Values.watchNamespaces | quote }}
- name: LEADER_ELECTION
  value: "true"
- name: CONCURRENCY
  value: {{ .Values.concurrency | quote }}
- name: API_RATE
  value: {{ .Values.api.rate | quote }}
- name: API_BURST
  value: {{ .Values.api.burst | quote }}
- name: BENCHMARK_CONCURRENCY
  value: {{ .Values.benchmarkConcurrency | quote }}
- name: RESYNC_SECONDS
  value: {{ .Values.resyncSeconds | quote }}
- name: OPS_PORT
  value: "9090"
- name: LOG_LEVEL
  value: {{ .Values.logLevel }}
{{- end -}}

{{/* What the Pod Security Standard `restricted` asks of a container, and no writable files. */}}
{{- define "intendant.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* What the Pod Security Standard `restricted` asks of a pod. */}}
{{- define "intendant.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}
