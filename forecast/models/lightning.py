"""Train stacked networks with a Lightning Trainer: quiet, on the CPU, equal byte by byte.

The Trainer writes no file: no logger, no checkpoint, no progress bar. The number of threads is
fixed while it runs, because another number adds in another order.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytorch_lightning as lightning
import torch
from numpy.typing import NDArray

from forecast.models.network import WEIGHTS, StackedNetworks, masked_loss

N_THREAD = 1  # more threads add in another order, and fight with others for the cores


@dataclass(frozen=True)
class TrainingPlan:
    """How long and how hard to train.

    Parameters
    ----------
    n_hidden : int
        Units in the hidden layer.
    n_step : int
        Full-batch steps of Adam; the rate falls to zero along a cosine.
    learning_rate : float
    decay_inner, decay_skip : float
        Quadratic penalties on the hidden layer and on the linear shortcut.
    """

    n_hidden: int
    n_step: int
    learning_rate: float
    decay_inner: float
    decay_skip: float


class StackedTraining(lightning.LightningModule):
    """Full-batch training of all networks at once; a batch is only the number of the step."""

    def __init__(
        self,
        network: StackedNetworks,
        x: torch.Tensor,
        target: torch.Tensor,
        weight: torch.Tensor,
        *,
        plan: TrainingPlan,
    ) -> None:
        super().__init__()
        self.network = network
        self.plan = plan
        self._x, self._target, self._weight = x, target, weight

    def training_step(self, batch: int, batch_idx: int) -> torch.Tensor:
        """Return the loss of one full-batch step, penalties included."""
        loss = masked_loss(self.network(self._x), self._target, self._weight)
        inner = (self.network.inner**2).sum() + (self.network.outer**2).sum()
        penalty = self.plan.decay_inner * inner
        return loss + penalty + self.plan.decay_skip * (self.network.skip**2).sum()

    def configure_optimizers(self) -> dict[str, object]:
        """Adam with a rate that falls to zero along a cosine."""
        optimizer = torch.optim.Adam(self.parameters(), lr=self.plan.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=self.plan.n_step)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def train_stack(
    x: NDArray[np.float64],
    target: NDArray[np.float64],
    weight: NDArray[np.float64],
    *,
    plan: TrainingPlan,
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    """Train every network and return the weights as arrays, so that no caller needs torch.

    Parameters
    ----------
    x : ndarray of shape (n_split, n_occ, n_descriptor)
        Standardised within each split's training rows.
    target : ndarray of shape (n_split, n_occ, n_target)
    weight : ndarray of shape (n_split, n_member, n_occ, n_target)
        Zero for rows that a network must not see.
    plan : TrainingPlan
    seed : int
        Decides the starting weights.

    Returns
    -------
    dict of ndarray
        By the names of :data:`forecast.models.network.WEIGHTS`; first axes (n_split, n_member).
    """
    generator = torch.Generator().manual_seed(seed)
    network = StackedNetworks(
        x.shape[0],
        weight.shape[1],
        n_descriptor=x.shape[2],
        n_hidden=plan.n_hidden,
        n_target=target.shape[2],
        generator=generator,
    )
    module = StackedTraining(
        network,
        torch.as_tensor(x, dtype=torch.float32),
        torch.as_tensor(target, dtype=torch.float32).unsqueeze(1),
        torch.as_tensor(weight, dtype=torch.float32),
        plan=plan,
    )
    with _quiet_and_fixed():
        trainer = lightning.Trainer(
            accelerator="cpu",
            devices=1,
            max_epochs=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, train_dataloaders=range(plan.n_step))
    state = network.state_dict()
    return {name: state[name].numpy().astype(float) for name in WEIGHTS}


@contextmanager
def _quiet_and_fixed() -> Iterator[None]:
    """Fix the threads and silence Lightning's notes on hardware, then put both back."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning_fabric")]
    levels = [logger.level for logger in loggers]
    threads = torch.get_num_threads()
    torch.set_num_threads(N_THREAD)
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # One process on one CPU is what is wanted: an accelerator would change the sums.
            warnings.filterwarnings("ignore", message=".*GPU available but not used.*")
            # Lightning 2.6 uses a name that torch 2.13 renames; nothing of ours can change that.
            warnings.filterwarnings("ignore", message=".*LeafSpec.*", category=FutureWarning)
            yield
    finally:
        torch.set_num_threads(threads)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
