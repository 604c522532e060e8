// pulumi-resource-kubernetes is Pulumi's Kubernetes provider, built from its module.
//
// The two documents are the module's own; the build stages them beside this file because Go embeds only what lies in
// the package's folder, and it sets the schema's version to the one the binary is stamped with.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

//go:embed embed/schema.json
var schema []byte

//go:embed embed/terraform-mapping.json
var terraformMapping []byte

func main() {
	provider.Serve("kubernetes", version.Version, schema, terraformMapping)
}
