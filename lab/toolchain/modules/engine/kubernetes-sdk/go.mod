// The part of pulumi-kubernetes' Go SDK that the provider itself calls: three types and one function. The whole SDK has
// a Go type for every field of every Kubernetes object and takes a third of the toolchain's build time.
module github.com/pulumi/pulumi-kubernetes/sdk/v4

go 1.25.0

require github.com/pulumi/pulumi/sdk/v3 v3.223.0
