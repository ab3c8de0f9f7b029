{{/* Name of what `helm test` makes. */}}
{{- define "intendant.test.name" -}}
{{- printf "%s-test" (include "intendant.name" . | trunc 35 | trimSuffix "-") -}}
{{- end -}}

{{/* Namespace in which `helm test` serves a model: one where the operator may. */}}
{{- define "intendant.test.namespace" -}}
{{- first .Values.watchNamespaces | default .Release.Namespace -}}
{{- end -}}

{{/* Annotations of what `helm test` makes, by weight: include "intendant.test.hook" "1". */}}
{{- define "intendant.test.hook" -}}
helm.sh/hook: test
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* Labels of what `helm test` makes. */}}
{{- define "intendant.test.labels" -}}
{{ include "intendant.labels" . }}
app.kubernetes.io/component: test
{{- end -}}

{{/* What every pod of `helm test` is like. */}}
{{- define "intendant.test.pod" -}}
restartPolicy: Never
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "intendant.podSecurity" . | nindent 2 }}
{{- end -}}

{{/* What every container of `helm test` is like. */}}
{{- define "intendant.test.container" -}}
image: {{ include "intendant.image" (list . "server") }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
command: [/nodejs/bin/node]
resources:
  requests:
    cpu: 10m
    memory: 64Mi
  limits:
    memory: 128Mi
securityContext:
  {{- include "intendant.containerSecurity" . | nindent 2 }}
{{- end -}}
