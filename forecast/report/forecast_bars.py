"""The bars that were set for forecasts, and what the back-test found beside each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.models.combination import COMBINATION
from forecast.models.comparators import COMPARATORS
from forecast.models.curves import CURVES
from forecast.report.forecast_scores import (
    adoption_scores,
    against,
    default_scores,
    series_won_percent,
)
from forecast.validation.levels import ALL_HORIZONS, ALL_SERIES
from forecast.validation.scoreboard import ALL_NODES

Tables = Mapping[str, pd.DataFrame]

LEAST_SKILL_PERCENT = {"crps_scaled": 10.0, "mase": 5.0}  # below the better naive model
LEAST_SERIES_PERCENT = 60.0
MOST_LOSS_PERCENT = 2.0  # in the total of the nation
COVERAGE_POINTS = 5.0  # around the level that an interval promises
MOST_GAP_PERSONS = 1e-6
PROMISED = {"coverage80": 80.0, "coverage95": 95.0}
SHORT = {"crps_scaled": "CRPS", "mase": "MASE"}
STATES = "btos_state_"  # adoption targets of the state panel; the number is cycles ahead
DRIFT = "drift"


@dataclass(frozen=True)
class Bar:
    """One thing that was asked of a forecast.

    Parameters
    ----------
    stage : str
    asked, asked_ko : str
    found : str
        The figure of this run, [its 95 % interval], (what it is compared with; hN: the worst
        horizon); the same in both languages.
    met : bool or None
        None: not measured in this run.
    """

    stage: str
    asked: str
    asked_ko: str
    found: str
    met: bool | None


def forecast_bars(tables: Tables) -> list[Bar]:
    """Hold the default forecasts of a run to the bars; without a back-test there are none.

    Parameters
    ----------
    tables : mapping of DataFrame
        ``scoreboard``, ``scoreboard_series`` and ``forecast_comparison`` for employment,
        ``scores`` for adoption.
    """
    bars: list[Bar] = []
    if "forecast_comparison" in tables:
        bars += [*_against_naive(tables), *_against_rivals(tables), *_of_draws(tables)]
    if "scores" in tables:
        bars += list(_of_adoption(adoption_scores(tables)))
    return bars


def _against_naive(tables: Tables) -> Iterator[Bar]:
    for metric, least in LEAST_SKILL_PERCENT.items():
        every = default_scores(tables, ALL_SERIES, metric)
        skill, naive = (every[c][ALL_HORIZONS] for c in ("skill_percent", "naive_model"))
        name = SHORT[metric]
        yield Bar(
            "employment",
            f"{name} at least {least:.0f} % below the better naive model",
            f"{name}가 나은 단순 모형보다 {least:.0f} % 이상 작음",
            f"{_skill(tables, naive, metric)} ({naive})",
            bool(skill >= least),
        )
    won = series_won_percent(tables)
    naive = default_scores(tables, ALL_SERIES, "crps_scaled")["naive_model"][ALL_HORIZONS]
    alone = 100.0 * against(tables, naive, "crps_scaled")["series_won_share"]
    yield Bar(
        "employment",
        f"on at least {LEAST_SERIES_PERCENT:.0f} % of the series below both naive models",
        f"계열의 {LEAST_SERIES_PERCENT:.0f} % 이상에서 두 단순 모형 모두보다 나음",
        f"{won:.0f} % ({naive}: {alone:.0f} %)",
        won >= LEAST_SERIES_PERCENT,
    )
    total = pd.DataFrame(
        {metric: default_scores(tables, "total", metric)["skill_percent"] for metric in SHORT}
    ).min(axis=1)
    by_horizon = total.drop(ALL_HORIZONS)
    yield Bar(
        "employment",
        f"in the total, all horizons, no loss above {MOST_LOSS_PERCENT:.0f} %",
        f"전체 취업자에서 모든 시차를 합쳐 {MOST_LOSS_PERCENT:.0f} % 넘게 지지 않음 (CRPS, MASE)",
        f"{_signed(total[ALL_HORIZONS])} % (h{by_horizon.idxmin()}: {_signed(by_horizon.min())} %)",
        bool(total[ALL_HORIZONS] >= -MOST_LOSS_PERCENT),
    )


def _against_rivals(tables: Tables) -> Iterator[Bar]:
    ran = set(tables["forecast_comparison"]["rival"]) & set(COMPARATORS)
    for rival in COMPARATORS if ran else ():
        skills = [against(tables, rival, m)["skill_percent"] for m in SHORT if rival in ran]
        found = [f"{SHORT[m]} {_skill(tables, rival, m)}" for m in SHORT if rival in ran]
        yield Bar(
            "employment",
            f"better than {rival} of statsforecast",
            f"statsforecast {rival}보다 나음",
            ", ".join(found) or "not run",
            min(skills) > 0 if skills else None,
        )


def _of_draws(tables: Tables) -> Iterator[Bar]:
    for metric, promised in PROMISED.items():
        rows = 100.0 * default_scores(tables, ALL_SERIES, metric)["value"].drop(ALL_HORIZONS)
        yield Bar(
            "employment",
            f"{promised:.0f} % intervals within {COVERAGE_POINTS:.0f} points at every horizon",
            f"{promised:.0f} % 구간이 모든 시차에서 ±{COVERAGE_POINTS:.0f}점 안",
            f"{rows.min():.1f}-{rows.max():.1f} %",
            bool(((rows - promised).abs() <= COVERAGE_POINTS).all()),
        )
    gap, low = (
        float(default_scores(tables, ALL_NODES, metric)["value"][ALL_HORIZONS])
        for metric in ("coherence_gap", "smallest_draw")
    )
    yield Bar(
        "employment",
        f"every draw adds up to {MOST_GAP_PERSONS:g} persons",
        f"모든 추출에서 합이 {MOST_GAP_PERSONS:g}명까지 맞음",
        f"{gap:.1e}",
        gap <= MOST_GAP_PERSONS,
    )
    yield Bar("employment", "no negative draw", "음수 추출 없음", f"{low:g}", low >= 0)


def _of_adoption(values: pd.DataFrame) -> Iterator[Bar]:
    for target, part in values.groupby("target", sort=False):
        found = part.set_index("model")
        if not str(target).startswith(STATES) or COMBINATION not in found.index:
            continue
        own, cycles = found.loc[COMBINATION], str(target).removeprefix(STATES)
        drift = found["mae"].get(DRIFT, np.nan)
        curves = found["crps"].reindex(list(CURVES)).dropna()
        yield Bar(
            "adoption",
            f"US states, {cycles} cycles ahead: MAE in points under drift's",
            f"미국 주 {cycles}회차 앞: 절대 오차가 추세 연장보다 작음",
            f"{own['mae']:.2f} ({DRIFT}: {drift:.2f})",
            bool(own["mae"] < drift) if np.isfinite(drift) else None,
        )
        yield Bar(
            "adoption",
            f"US states, {cycles} cycles ahead: CRPS under every single curve's",
            f"미국 주 {cycles}회차 앞: CRPS가 모든 단일 곡선보다 작음",
            f"{own['crps']:.3f} ({curves.idxmin()}: {curves.min():.3f})",
            bool(own["crps"] < curves.min()),
        )
        covered = 100.0 * own["coverage80"]
        yield Bar(
            "adoption",
            f"US states, {cycles} cycles ahead: 80 % intervals within {COVERAGE_POINTS:.0f} points",
            f"미국 주 {cycles}회차 앞: 80 % 구간이 ±{COVERAGE_POINTS:.0f}점 안",
            f"{covered:.1f} %",
            bool(abs(covered - PROMISED["coverage80"]) <= COVERAGE_POINTS),
        )


def _signed(percent: float) -> str:
    return f"{round(percent, 1) + 0.0:+.1f}"


def _skill(tables: Tables, rival: str, metric: str) -> str:
    row = against(tables, rival, metric)
    return f"{_signed(row['skill_percent'])} % [{row['lower95']:.1f}, {row['upper95']:.1f}]"
