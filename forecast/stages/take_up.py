"""Demand against published take-up of AI training, flagged where demand exceeds it.

The ministry prints how many workers took part in AI training "as of" a month and does not say
over which months. The count is taken as printed and named by that month, never made into a year,
while demand is of a calendar year: where the count covers part of a year, ratios are too high.
It counts workers trained through their workplace: for ``job_change``, whose people have lost
theirs, the ratio shows size only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from forecast.stages.draw_tables import interval_table
from forecast.stages.published_figures import published_row
from forecast.types import NEEDS

MOST_DRAWS = 0.5  # flagged where demand exceeds the take-up in more than half of the draws
_KEYS = ["scenario", "year", "need"]


def take_up_baselines(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Return persons by baseline, computed from published figures alone.

    Returns
    -------
    dict of str to float
        ``ai_trainees_as_of_DATE``: workers in AI training, as printed.
        ``if_intending_workplaces_train``: the same workers per training workplace, if the share
        of workplaces with AI training rose to the share that intends it within three years.
        ``if_intending_workplaces_train_everyone``: all workers in any training, times that share:
        a ceiling. Both apply the intent of the firms asked to training workplaces (assumption).
    """

    def row(key: str, unit: str) -> pd.Series:
        return published_row(tables["evidence"], key, unit=unit)

    trainees = row("ai_training_participants", "persons")
    of_workers = float(row("ai_training_participant_share", "percent")["value"])
    of_workplaces = float(row("ai_training_workplace_share", "percent")["value"])
    intend = float(row("ai_training_intent_3y", "percent")["value"])
    persons = float(trainees["value"])
    return {
        f"ai_trainees_as_of_{trainees['year']}": persons,
        "if_intending_workplaces_train": persons * intend / of_workplaces,
        "if_intending_workplaces_train_everyone": persons * intend / of_workers,
    }


def take_up(persons: xr.DataArray, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Write contract table ``take_up``: every need, and all together, against every baseline.

    Parameters
    ----------
    persons : DataArray (scenario, draw, year, need, ...)
        People newly in need of the country; other dimensions are summed.
    tables : mapping of str to DataFrame
        ``evidence``.

    Returns
    -------
    DataFrame
        ratio is of the mean; probability_above the share of draws above the baseline.
    """
    others = [dim for dim in persons.dims if dim not in ("draw", *_KEYS)]
    by_need = persons.sum(others).sel(need=list(NEEDS))
    together = by_need.sum("need").expand_dims(need=["all"])
    demand = xr.concat([by_need, together], dim="need").transpose("draw", *_KEYS)
    cells, draws = interval_table(demand, "persons"), demand.to_numpy()
    parts = []
    for name, baseline in take_up_baselines(tables).items():
        above = (draws > baseline).mean(axis=0).ravel()
        parts.append(
            cells.assign(
                baseline=name,
                baseline_persons=baseline,
                ratio=cells["persons"] / baseline,
                probability_above=above,
                flagged=np.where(above > MOST_DRAWS, "yes", "no").astype(object),
            )
        )
    table = pd.concat(parts, ignore_index=True)
    first = ["year", "scenario", "need"]
    return table[[*first, *(column for column in table if column not in first)]]
