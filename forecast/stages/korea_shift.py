"""What Korean work may differ from the American work that the indices rate, as draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecast.errors import ConfigError
from forecast.models.base import Floats


def shift_to_korea(
    carried: dict[str, Floats],
    shift_sd: Sequence[float],
    *,
    rng: np.random.Generator,
    tasks: Sequence[str] = (),
) -> Floats | None:
    """Move exposure by what Korean work may differ from US work, in place; 0 changes nothing.

    The move is a factor on the odds: it keeps 0 to 1 without clipping and leaves each score's
    median. Substitution is a part of exposure and moves by the same ratio. Shares of tasks exclude
    one another: the odds of their sum are moved, and each keeps its proportion of it.

    Parameters
    ----------
    carried : dict of ndarray (n_draw, n_minor)
        ``exposure``, ``substituted`` and `tasks` move; everything else stays.
    shift_sd : sequence of two floats
        Common and own standard deviation on the logit.
    rng : Generator
    tasks : sequence of str
        Names of shares of tasks (done whole, assisted) whose sum is at most 1.

    Returns
    -------
    ndarray (n_draw, n_minor) or None
        The factor on the odds, for :func:`move_by` to move other scores by; None: no move.

    Examples
    --------
    >>> scores = {name: np.full((1, 1), 0.4) for name in ("exposure", "substituted")}
    >>> odds = shift_to_korea(scores, (0.0, 0.0), rng=np.random.default_rng(0))
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
        return None
    shape = carried["exposure"].shape
    move = common * rng.standard_normal((shape[0], 1)) + own * rng.standard_normal(shape)
    odds = np.exp(move)
    move_by(odds, carried)
    if tasks:
        touched = np.sum([carried[name] for name in tasks], axis=0).clip(0.0, 1.0)
        _multiply(carried, tasks, whole=touched, odds=odds)
    return odds


def move_by(odds: Floats | None, carried: dict[str, Floats]) -> None:
    """Move ``exposure`` and ``substituted`` in place by a factor on the odds; None moves nothing.

    Examples
    --------
    >>> scores = {"exposure": np.full((1, 1), 0.5), "substituted": np.full((1, 1), 0.25)}
    >>> move_by(np.full((1, 1), 3.0), scores)
    >>> scores["exposure"].tolist(), scores["substituted"].tolist()
    ([[0.75]], [[0.375]])
    """
    if odds is not None:
        names = ("exposure", "substituted")
        _multiply(carried, names, whole=carried["exposure"], odds=odds)


def _multiply(
    carried: dict[str, Floats], names: Sequence[str], *, whole: Floats, odds: Floats
) -> None:
    """Move parts by the ratio in which `whole` moves when its odds are multiplied."""
    ratio = odds / (1.0 - whole + whole * odds)
    for name in names:
        carried[name] = (carried[name] * ratio).clip(0.0, 1.0)
