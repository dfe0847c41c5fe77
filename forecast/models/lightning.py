"""Train stacked networks with a Lightning Trainer: quiet, on the CPU, equal byte by byte.

The Trainer writes no file: no logger, no checkpoint, no progress bar. The number of threads is
fixed while it runs, because another number adds in another order.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytorch_lightning as lightning
import torch
from numpy.typing import NDArray

from forecast.models.network import WEIGHTS, StackedNetworks, masked_loss, side_by_side

N_THREAD = 1  # more threads add in another order, and fight with others for the cores


@dataclass(frozen=True)
class TrainingPlan:
    """How long and how hard to train.

    Parameters
    ----------
    n_hidden : int
        Units in the hidden layer.
    n_step : int
        Steps of Adam; the rate falls to zero along a cosine.
    learning_rate : float
    decay_inner, decay_skip : float
        Quadratic penalties on the hidden layer and on the linear shortcut.
    """

    n_hidden: int
    n_step: int
    learning_rate: float
    decay_inner: float
    decay_skip: float


class _Training(lightning.LightningModule):
    """Training of all networks at once: the loss is the sum over networks, none sees another."""

    def __init__(self, network: StackedNetworks, *data: torch.Tensor, plan: TrainingPlan) -> None:
        super().__init__()
        self.network, self.plan = network, plan
        self._data = data

    def penalty(self) -> torch.Tensor:
        """Return the quadratic penalties of all networks."""
        inner = (self.network.inner**2).sum() + (self.network.outer**2).sum()
        return self.plan.decay_inner * inner + self.plan.decay_skip * (self.network.skip**2).sum()

    def configure_optimizers(self) -> dict[str, object]:
        """Adam with a rate that falls to zero along a cosine."""
        optimizer = torch.optim.Adam(self.parameters(), lr=self.plan.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=self.plan.n_step)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


class StackedTraining(_Training):
    """Full-batch training on x, targets and weights; a batch is only the number of the step."""

    def training_step(self, batch: int, batch_idx: int) -> torch.Tensor:
        """Return the loss of one full-batch step, penalties included."""
        x, target, weight = self._data
        return masked_loss(self.network(x), target, weight) + self.penalty()


class BatchTraining(_Training):
    """Training on x, targets and rows of each batch; a batch is only the number of the step."""

    def training_step(self, batch: int, batch_idx: int) -> torch.Tensor:
        """Return the loss of one batch: robust to the few changes that no feature foresees."""
        x, target, batches = self._data
        split, rows = torch.arange(len(x))[:, None], batches[batch]
        made, wanted = self.network(x[split, rows]), target[rows].unsqueeze(1)
        loss = torch.nn.functional.smooth_l1_loss(made, wanted.expand_as(made), reduction="none")
        return loss.mean(dim=(2, 3)).sum() + self.penalty()


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
    return _fitted(module, n_step=plan.n_step)


def train_batches(
    x: NDArray[np.float64],
    target: NDArray[np.float64],
    batches: NDArray[np.int_],
    *,
    n_member: int,
    plan: TrainingPlan,
    seeds: Sequence[int],
) -> dict[str, NDArray[np.float64]]:
    """Train every network on its own sequence of batches.

    Parameters
    ----------
    x : ndarray of shape (n_split, n_row, n_feature)
        Standardised within each split's training rows.
    target : ndarray of shape (n_row, n_target)
        Complete.
    batches : ndarray of shape (n_step, n_split, n_batch)
        Rows that each split may see, step by step; ``n_step`` of the plan is their number.
    n_member : int
        Networks per split, from different starting weights.
    plan : TrainingPlan
    seeds : sequence of int
        Of the starting weights, one per split: no split depends on which others are trained.

    Returns
    -------
    dict of ndarray
        As :func:`train_stack`.
    """
    started = [
        StackedNetworks(
            1,
            n_member,
            n_descriptor=x.shape[2],
            n_hidden=plan.n_hidden,
            n_target=target.shape[1],
            generator=torch.Generator().manual_seed(seed),
        )
        for seed in seeds
    ]
    module = BatchTraining(
        side_by_side(started),
        torch.as_tensor(x, dtype=torch.float32),
        torch.as_tensor(target, dtype=torch.float32),
        torch.as_tensor(batches),
        plan=plan,
    )
    return _fitted(module, n_step=plan.n_step)


def _fitted(module: _Training, *, n_step: int) -> dict[str, NDArray[np.float64]]:
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
        trainer.fit(module, train_dataloaders=range(n_step))
    state = module.network.state_dict()
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
