// Package kubernetes holds the inputs of resources that are registered from plain documents.
package kubernetes

import "reflect"

// UntypedArgs are the inputs of a resource as they stand in its YAML document.
type UntypedArgs map[string]any

// ElementType makes UntypedArgs an input of any resource.
func (UntypedArgs) ElementType() reflect.Type {
	return reflect.TypeFor[map[string]any]()
}
