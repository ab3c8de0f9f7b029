// Monitors reads ServiceMonitors, PodMonitors and PrometheusRules as the Prometheus Operator would, and
// fails at the first field that it does not know.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	v1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"
)

func main() {
	documents := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	for {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			err = check(text)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func check(text []byte) error {
	var object struct{ Kind string }
	if err := strict.Unmarshal(text, &object); err != nil {
		return err
	}
	targets := map[string]any{
		"ServiceMonitor": &v1.ServiceMonitor{},
		"PodMonitor":     &v1.PodMonitor{},
		"PrometheusRule": &v1.PrometheusRule{},
	}
	target, known := targets[object.Kind]
	if !known {
		return fmt.Errorf("the Prometheus Operator has no kind %q", object.Kind)
	}
	if err := strict.UnmarshalStrict(text, target); err != nil {
		return fmt.Errorf("%s: %w", object.Kind, err)
	}
	fmt.Println(object.Kind)
	return nil
}
