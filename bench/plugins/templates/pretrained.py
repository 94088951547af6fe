"""An encoder that begins with the weights of a file."""

from pathlib import Path

from bench.method import Method, file, load_weights, tunable


class Example(Method):
    """Plain training from an encoder's weights in a file, on which it may stay."""

    family = "baseline"
    year = 2014
    source = "Yosinski et al., NeurIPS 2014 (arXiv:1411.1792)"

    weights: Path | None = file(help="weights of the encoder (.safetensors or .pt); null begins at random")
    frozen: bool = tunable(False, help="whether the encoder stays as it was, and the head alone is trained")

    def build(self) -> None:
        """Read the weights. As the untrained reference, and from its own weights, the network is built without."""
        if self.weights is not None:
            load_weights(self.backbone, self.weights)
        self.backbone.requires_grad_(not self.frozen)
