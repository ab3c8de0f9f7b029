{{/* Refuses values that each may be right, but not together. */}}
{{- define "intendant.checks" -}}
{{- if not (hasKey .Values.crds "keep") -}}
{{- fail "these values belong to an older chart, because of --reuse-values; use --reset-then-reuse-values" -}}
{{- end -}}
{{- $names := list -}}
{{- range include "intendant.env" . | fromYamlArray }}{{ $names = append $names .name }}{{ end -}}
{{- range .Values.extraEnv -}}
{{- if has .name $names -}}
{{- fail (printf "extraEnv: %s is set by the chart; see the comments in values.yaml" .name) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.watchNamespaces .Values.crds.install (not .Values.crds.keep) -}}
{{- fail "crds.keep: false would delete the models of all namespaces with this release, not only those of watchNamespaces; set crds.keep: true, or leave watchNamespaces empty" -}}
{{- end -}}
{{- if and (.Values.metrics.serviceMonitor).enabled (not .Values.metrics.service.enabled) -}}
{{- fail "metrics.serviceMonitor scrapes metrics.service; set metrics.service.enabled: true, or metrics.serviceMonitor.enabled: false" -}}
{{- end -}}
{{- end -}}
