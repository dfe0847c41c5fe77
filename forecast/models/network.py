"""Many small networks as one torch module: every fold and every ensemble member side by side."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

WEIGHTS = ("inner", "inner_bias", "outer", "outer_bias", "skip")


class StackedNetworks(nn.Module):
    """One hidden layer plus a linear shortcut, `n_split` x `n_member` times, none sharing weights.

    Parameters
    ----------
    n_split, n_member : int
        Training sets (folds and the whole), and networks on each of them.
    n_descriptor, n_hidden, n_target : int
    generator : torch.Generator
        Source of the starting weights.

    Notes
    -----
    The shortcut starts at zero and so does the output layer: an untrained network says the mean.
    """

    def __init__(
        self,
        n_split: int,
        n_member: int,
        *,
        n_descriptor: int,
        n_hidden: int,
        n_target: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        stack = (n_split, n_member)

        def start(*shape: int, scale: float) -> nn.Parameter:
            return nn.Parameter(scale * torch.randn(*stack, *shape, generator=generator))

        self.inner = start(n_descriptor, n_hidden, scale=n_descriptor**-0.5)
        self.inner_bias = start(1, n_hidden, scale=0.1)
        self.outer = start(n_hidden, n_target, scale=0.0)
        self.outer_bias = start(1, n_target, scale=0.0)
        self.skip = start(n_descriptor, n_target, scale=0.0)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n_split, n_occ, n_descriptor) to (n_split, n_member, n_occ, n_target)."""
        n_split, n_member, n_descriptor, n_hidden = self.inner.shape
        # One product per split for all members: broadcasting would copy `x` for each member.
        first = torch.cat([self.inner, self.skip], dim=3).permute(0, 2, 1, 3)
        mixed = torch.bmm(x, first.reshape(n_split, n_descriptor, -1))
        mixed = mixed.view(n_split, x.shape[1], n_member, -1).transpose(1, 2)
        hidden = torch.tanh(mixed[..., :n_hidden] + self.inner_bias)
        return torch.matmul(hidden, self.outer) + mixed[..., n_hidden:] + self.outer_bias


def side_by_side(networks: Sequence[StackedNetworks]) -> StackedNetworks:
    """Join stacks of networks along their splits, with the weights that they have."""
    joined = copy.deepcopy(networks[0])
    for name in WEIGHTS:
        weights = torch.cat([getattr(network, name).detach() for network in networks])
        setattr(joined, name, nn.Parameter(weights))
    return joined


def masked_loss(forecast: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Sum over all networks of each one's weighted mean squared error.

    Parameters
    ----------
    forecast : Tensor (n_split, n_member, n_occ, n_target)
    target : Tensor (n_split, 1, n_occ, n_target)
        Any finite number where missing.
    weight : Tensor (n_split, n_member, n_occ, n_target)
        Zero where missing or left out; sums to one over `n_occ`.
    """
    return (weight * (forecast - target) ** 2).sum()
