"""The minimal Pulumi program: interpreter, SDK and the stack itself."""

import pulumi

pulumi.export("nothing", None)
