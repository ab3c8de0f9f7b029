{{- /* ModelDeployments as a JUnit file: kubectl get mdep -o go-template-file=junit.tpl */ -}}
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="intendant">
{{- if eq .kind "List"}}
{{- range .items}}{{template "suite" .}}{{else}}
  <testsuite name="ModelDeployments" tests="1">
    <testcase classname="ModelDeployments" name="exist"><error message="there is none"/></testcase>
  </testsuite>
{{- end}}
{{- else}}{{template "suite" .}}{{end}}
</testsuites>
{{define "suite"}}
{{- $model := printf "%s/%s" .metadata.namespace .metadata.name | html}}
{{- $generation := printf "%v" .metadata.generation}}
{{- $ready := false}}{{$benchmarked := false}}{{$withinSLO := false}}
  <testsuite name="{{$model}}" tests="3">
{{- with .status}}
{{- with .benchmark}}
    <properties>
      <property name="revision" value="{{html .revision}}"/>
      <property name="p50" value="{{html .p50}}"/>
      <property name="p95" value="{{html .p95}}"/>
      <property name="p99" value="{{html .p99}}"/>
      <property name="rps" value="{{html .rps}}"/>
      <property name="requests" value="{{printf "%v" .requests}}"/>
      <property name="errors" value="{{printf "%v" .errors}}"/>
    </properties>
{{- end}}
{{- range .conditions}}
{{- $isWanted := false}}
{{- if eq .type "Ready"}}{{$ready = true}}{{$isWanted = true}}{{end}}
{{- if eq .type "Benchmarked"}}{{$benchmarked = true}}{{$isWanted = true}}{{end}}
{{- if eq .type "WithinSLO"}}{{$withinSLO = true}}{{$isWanted = true}}{{end}}
{{- if $isWanted}}
    <testcase classname="{{$model}}" name="{{.type}}">
{{- if ne (printf "%v" .observedGeneration) $generation -}}
      <error type="Outdated" message="the status does not speak of generation {{$generation}} yet"/>
{{- else if eq .status "True" -}}
      <system-out>{{html .message}}</system-out>
{{- else if or (eq .reason "NotRequested") (eq .reason "NoSLO") -}}
      <skipped message="{{html .message}}"/>
{{- else if eq .status "False" -}}
      <failure type="{{html .reason}}" message="{{html .message}}"/>
{{- else -}}
      <error type="{{html .reason}}" message="{{html .message}}"/>
{{- end -}}
    </testcase>
{{- end}}
{{- end}}
{{- end}}
{{- if not $ready}}
    <testcase classname="{{$model}}" name="Ready"><error message="the status says nothing about it"/></testcase>
{{- end}}
{{- if not $benchmarked}}
    <testcase classname="{{$model}}" name="Benchmarked"><error message="the status says nothing about it"/></testcase>
{{- end}}
{{- if not $withinSLO}}
    <testcase classname="{{$model}}" name="WithinSLO"><error message="the status says nothing about it"/></testcase>
{{- end}}
  </testsuite>
{{- end}}
