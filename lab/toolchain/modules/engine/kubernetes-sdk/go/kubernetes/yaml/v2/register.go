// Package v2 registers Kubernetes objects that come from documents (charts, config groups).
package v2

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// object is any Kubernetes resource; who registers one here needs its URN only.
type object struct {
	pulumi.CustomResourceState
}

// RegisterResource registers an object under the token that the SDKs have for its kind, or would have: the core group,
// which has no name in apiVersion, is called core there.
func RegisterResource(
	ctx *pulumi.Context, apiVersion, kind, name string, props pulumi.Input, opts ...pulumi.ResourceOption,
) (pulumi.CustomResource, error) {
	if !strings.Contains(apiVersion, "/") {
		apiVersion = "core/" + apiVersion
	}
	var result object
	if err := ctx.RegisterResource("kubernetes:"+apiVersion+":"+kind, name, props, &result, opts...); err != nil {
		return nil, err
	}
	return &result, nil
}
