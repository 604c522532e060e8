"""The Scaleway resources that the program uses: the engine's token and the SDK's class for each.

The bridge in `modules/engine/cmd/pulumi-resource-scaleway` computes tokens by rule, the SDK has them written down; a
test holds the two together.
"""

TOKENS = {
    "scaleway:kubernetes/cluster:Cluster": "pulumiverse_scaleway.kubernetes.Cluster",
    "scaleway:kubernetes/pool:Pool": "pulumiverse_scaleway.kubernetes.Pool",
    "scaleway:kubernetes/acl:Acl": "pulumiverse_scaleway.kubernetes.Acl",
    "scaleway:instance/securityGroup:SecurityGroup": "pulumiverse_scaleway.instance.SecurityGroup",
    "scaleway:network/vpc:Vpc": "pulumiverse_scaleway.network.Vpc",
    "scaleway:network/privateNetwork:PrivateNetwork": "pulumiverse_scaleway.network.PrivateNetwork",
    "scaleway:loadbalancers/ip:Ip": "pulumiverse_scaleway.loadbalancers.Ip",
    "scaleway:iam/application:Application": "pulumiverse_scaleway.iam.Application",
    "scaleway:iam/apiKey:ApiKey": "pulumiverse_scaleway.iam.ApiKey",
    "scaleway:iam/policy:Policy": "pulumiverse_scaleway.iam.Policy",
    "scaleway:observability/source:Source": "pulumiverse_scaleway.observability.Source",
    "scaleway:observability/token:Token": "pulumiverse_scaleway.observability.Token",
    "scaleway:object/bucket:Bucket": "pulumiverse_scaleway.object.Bucket",
    "scaleway:object/bucketPolicy:BucketPolicy": "pulumiverse_scaleway.object.BucketPolicy",
    "scaleway:domain/record:Record": "pulumiverse_scaleway.domain.Record",
}
