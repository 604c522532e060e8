// pulumi-resource-scaleway bridges Scaleway's Terraform provider to Pulumi under the tokens of the SDK
// pulumiverse-scaleway, for the products that this project uses. Everything else of the provider is left out.
package main

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/scaleway/terraform-provider-scaleway/v2/provider"
)

// version is that of the SDK whose programs this binary serves; set at build time.
var version = "0.0.0"

// modules maps the second word of a Terraform name to the SDK's module.
var modules = map[string]string{
	"cockpit":  "observability",
	"domain":   "domain",
	"iam":      "iam",
	"instance": "instance",
	"ipam":     "ipam",
	"k8s":      "kubernetes",
	"lb":       "loadbalancers",
	"object":   "object",
	"vpc":      "network",
}

// irregular lists the resources whose name is their module's: the rule above finds no second word for them.
var irregular = map[string]*tfbridge.ResourceInfo{
	"scaleway_lb":  {Tok: "scaleway:loadbalancers/loadBalancer:LoadBalancer"},
	"scaleway_vpc": {Tok: "scaleway:network/vpc:Vpc"},
}

func main() {
	terraform := sdkv2.NewProvider(provider.SDKProvider(nil)())
	info := tfbridge.ProviderInfo{
		P:            terraform,
		Name:         "scaleway",
		Version:      version,
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Resources:    irregular,
	}
	info.IgnoreMappings = append(
		outside(terraform.ResourcesMap(), func(name string) bool { return irregular[name] != nil }),
		outside(terraform.DataSourcesMap(), func(string) bool { return false })...,
	)
	info.MustComputeTokens(tokens.MappedModules("scaleway_", "index", modules, tokens.MakeStandard("scaleway")))
	info.SetAutonaming(255, "-")
	// Programs bring their SDK; only tools that generate one would read a whole schema.
	tfbridge.Main("scaleway", version, info, fmt.Appendf(nil, `{"name":"scaleway","version":%q}`, version))
}

// outside lists the names that belong to none of the modules, except those that keep holds on to.
func outside(all shim.ResourceMap, keep func(string) bool) []string {
	var names []string
	all.Range(func(name string, _ shim.Resource) bool {
		module, _, regular := strings.Cut(strings.TrimPrefix(name, "scaleway_"), "_")
		if _, ours := modules[module]; !keep(name) && !(ours && regular) {
			names = append(names, name)
		}
		return true
	})
	return names
}
