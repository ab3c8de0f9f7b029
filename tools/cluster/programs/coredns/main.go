// Coredns answers for the names of Services. It has the plugins of ../../add-ons/coredns.yaml and no
// others: the usual program also holds the clients of every large cloud, which are most of it.
package main

import (
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
)

func main() {
	coremain.Run()
}
