"""People in need to plan seats for: made of published employment, or read from a run folder."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import xarray as xr

from forecast.data import reference
from forecast.options import Options
from forecast.types import AGE_GROUPS, NEEDS, ReskillingDemand

# Newly in need in a year of the plan and that a year more adds: of the size of a default run.
NEWLY_IN_NEED = {"ai_basic": 45_000.0, "ax": 6_000.0, "job_change": 2_700.0}
A_YEAR_MORE = 0.08
RATES = {"entry": 0.14, "exit": -0.07, "job_change_out": -0.05}  # of the opening stock; made up
CELL = ("sido", "occupation", "age_group")


def made_demand(options: Options) -> ReskillingDemand:
    """Published employment, with needs spread over it at random."""
    rng = np.random.default_rng(0)
    by_age = last_half("employment_age", "age_group", digits=2)[list(AGE_GROUPS)]
    by_place = last_half("employment_province", "sido", digits=1).drop(columns="00")
    shares = by_place.div(by_place.sum(axis=1), axis=0)
    of_cells = shares.loc[[code[0] for code in by_age.index]].to_numpy()
    opening = np.einsum("os,oa->soa", of_cells, by_age.to_numpy())
    years = list(range(options.scenario.first_year, options.scenario.last_year + 1))
    grown = 1.0 + A_YEAR_MORE * (np.array(years) - options.cohorts.years[0])
    cells = np.zeros((len(NEEDS), len(years), *opening.shape))
    for need, number in NEWLY_IN_NEED.items():
        # By occupation, since AI touches occupations, and a little by cell.
        jobs, noise = (
            rng.gamma(0.7, size=(1, opening.shape[1], 1)),
            rng.gamma(4.0, size=opening.shape),
        )
        wish = opening * jobs * noise
        cells[NEEDS.index(need)] = wish / wish.sum() * number * grown[:, None, None, None]
    labels = {
        "sido": list(by_place.columns),
        "occupation": list(by_age.index),
        "age_group": list(AGE_GROUPS),
    }
    flows = {"opening": 1.0, **RATES}
    ledger = np.array(list(flows.values()))[:, None, None, None, None] * opening
    index = pd.MultiIndex.from_product(list(labels.values()), names=["sido", "ksco7", "age_group"])
    columns = ["displaced_share", "adaptive_capacity", "expected_gain"]
    rank = pd.DataFrame(rng.uniform(0.05, 0.6, (len(index), 3)), index, columns).reset_index()
    return demand_of(
        options,
        xr.DataArray(cells, {"need": list(NEEDS), "year": years, **labels}),
        xr.DataArray(
            np.repeat(ledger, len(years), axis=1),
            {"flow": list(flows), "year": years, **labels},
        ),
        rank,
    )


def last_half(name: str, columns: str, *, digits: int) -> pd.DataFrame:
    """Employed persons of the last half-year, occupations of so many digits by `columns`."""
    table = reference.load(name)
    table = table[table["ksco7"].str.fullmatch(rf"\d{{{digits}}}")]
    last = table[table["period"] == table["period"].max()]
    wide = last.pivot(index="ksco7", columns=columns, values="employed_persons")
    return wide.fillna(0.0).astype(float).sort_index()


def read_demand(folder: Path, options: Options) -> ReskillingDemand:
    """Needs and ranking of a run; its flows, which no table has by cell, spread like its stocks."""

    def table(name: str, *keys: str) -> pd.DataFrame:
        read = pd.read_parquet(folder / "tables" / f"{name}.parquet")
        read = read[read["scenario"] == options.cohorts.scenario]
        read = read.rename(columns={"ksco7": "occupation"})
        return read.set_index(list(keys)) if keys else read.reset_index(drop=True)

    needs = table("reskilling_demand", "need", "year", *CELL)["persons"].to_xarray().fillna(0.0)
    flows = table("ledger", "flow", "year", *CELL[1:])["persons"].to_xarray()
    places = table("ledger_province", "flow", "year", "sido", "age_group")["persons"].to_xarray()
    stock = places.sel(flow="opening")
    rank = table("reskilling_priority")
    return demand_of(
        options,
        needs.reindex(need=list(NEEDS), age_group=list(AGE_GROUPS), fill_value=0.0),
        (flows * (stock / stock.sum("sido"))).reindex(age_group=list(AGE_GROUPS)),
        rank.rename(columns={"occupation": "ksco7"}),
    )


def demand_of(
    options: Options, needs: xr.DataArray, ledger: xr.DataArray, rank: pd.DataFrame
) -> ReskillingDemand:
    """The parts of a demand that a plan reads."""
    scenario = [options.cohorts.scenario]
    return cast(
        ReskillingDemand,
        SimpleNamespace(
            cells=needs.expand_dims(scenario=scenario, statistic=["persons"]),
            ledger=ledger.expand_dims(scenario=scenario),
            details={"reskilling_priority": rank},
        ),
    )
