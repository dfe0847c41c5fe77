"""What Korean work may differ from the American work that the indices rate, as draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecast.errors import ConfigError
from forecast.models.base import Floats


def shift_to_korea(
    carried: dict[str, Floats], shift_sd: Sequence[float], *, rng: np.random.Generator
) -> None:
    """Move exposure by what Korean work may differ from US work, in place; 0 changes nothing.

    The move is a factor on the odds: it keeps 0 to 1 without clipping and leaves each score's
    median. What is a part of exposure (substitution, tasks done whole) moves by the same ratio.

    Parameters
    ----------
    carried : dict of ndarray (n_draw, n_minor)
        ``exposure``, ``substituted`` and ``extra``.
    shift_sd : sequence of two floats
        Common and own standard deviation on the logit.
    rng : Generator

    Examples
    --------
    >>> scores = {name: np.full((1, 1), 0.4) for name in ("exposure", "substituted", "extra")}
    >>> shift_to_korea(scores, (0.0, 0.0), rng=np.random.default_rng(0))
    >>> scores["exposure"].tolist()
    [[0.4]]
    """
    if len(shift_sd) != 2 or not all(np.isfinite(sd) and sd >= 0 for sd in shift_sd):
        raise ConfigError(
            f"exposure.korea_shift_sd is {list(shift_sd)}; give two numbers of at least 0: the "
            "common shift and the one of each minor group."
        )
    common, own = shift_sd
    if common == 0 and own == 0:
        return
    exposure = carried["exposure"]
    shape = exposure.shape
    move = common * rng.standard_normal((shape[0], 1)) + own * rng.standard_normal(shape)
    odds = np.exp(move)
    ratio = odds / (1.0 - exposure + exposure * odds)
    for name in ("exposure", "substituted", "extra"):
        carried[name] = (carried[name] * ratio).clip(0.0, 1.0)
