// cert-manager's HTTP-01 solver, from its own package: what runs in the pod that it creates for each challenge.
package main

import (
	"flag"
	"os"

	"github.com/cert-manager/cert-manager/pkg/issuer/acme/http/solver"
	"k8s.io/klog/v2"
)

func main() {
	var answer solver.HTTP01Solver
	flag.IntVar(&answer.ListenPort, "listen-port", 0, "TCP port")
	flag.StringVar(&answer.Domain, "domain", "", "host name to prove")
	flag.StringVar(&answer.Token, "token", "", "token of the challenge")
	flag.StringVar(&answer.Key, "key", "", "answer to the challenge")
	flag.Parse()
	if err := answer.Listen(klog.Background()); err != nil {
		klog.ErrorS(err, "cannot listen")
		os.Exit(1)
	}
}
