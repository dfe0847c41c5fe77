"""Openings by occupation and province, from vacancies that are published in another classification.

The survey of establishments counts vacancies (구인인원) by ten KECO groups and province. Each is
split over the KSCO-7 groups counted under its KECO group, by the people who work in them there: an
assumption, for nothing finer is published. No vacancy is lost or made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from forecast.checked import labelled
from forecast.errors import InputError
from forecast.models.base import Floats
from forecast.stages.composition import province_share

COUNTRY = "00"


def openings(
    tables: Mapping[str, pd.DataFrame], *, occupations: Sequence[str], provinces: Sequence[str]
) -> xr.DataArray:
    """Vacancies of a half-year by sub-major group and province: mean of the last year.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``vacancies``, ``keco_ksco7``, ``employment_age`` (by sub-major group) and
        ``employment_province`` (by major group).
    occupations, provinces : sequence of str
        KSCO-7 sub-major groups and 시도 codes, in order.

    Returns
    -------
    DataArray (occupation, sido)
        Unit ``persons``. Sums over the occupations to the vacancies of each province.

    Raises
    ------
    InputError
        If a province or a link is missing, or a KECO group has vacancies and no people.
    """
    published = _last_year(tables["vacancies"], provinces)
    weight = _links(tables["keco_ksco7"], list(published.index), occupations)
    people = people_by_province(tables, occupations=occupations, provinces=provinces)
    split = split_openings(published.to_numpy(), weight, people, groups=list(published.index))
    coords: dict[str, object] = {"occupation": list(occupations), "sido": list(provinces)}
    return labelled(split, coords, unit="persons", low=0.0)


def split_openings(
    vacancies: Floats, weight: Floats, people: Floats, *, groups: Sequence[str]
) -> Floats:
    """Split vacancies over linked occupations in proportion to people x weight.

    Parameters
    ----------
    vacancies : ndarray (group, province)
        Persons, >= 0.
    weight : ndarray (group, occupation)
        Share of the occupation counted under the group.
    people : ndarray (occupation, province)
        Employed persons. Where nobody works in any linked occupation of a province, the country's
        people split its vacancies.
    groups : sequence of str
        Codes of the groups, for messages.

    Returns
    -------
    ndarray (occupation, province)
        Sums over occupations to the vacancies of each province.

    Examples
    --------
    >>> split_openings(np.array([[100.0]]), np.array([[1.0, 0.5, 0.0]]),
    ...                np.array([[30.0], [20.0], [50.0]]), groups=["0"]).ravel().tolist()
    [75.0, 25.0, 0.0]
    """
    part = weight[:, :, None] * people[None, :, :]
    country = np.broadcast_to(part.sum(axis=2, keepdims=True), part.shape)
    part = np.where(part.sum(axis=1, keepdims=True) > 0, part, country)
    whole = part.sum(axis=1)
    lost = (whole <= 0) & (vacancies > 0)
    if lost.any():
        raise InputError(
            f"keco_ksco7: KECO group {groups[np.argwhere(lost)[0, 0]]} has vacancies, but nobody "
            "is employed in the occupations linked to it; link it to occupations with people."
        )
    share = np.divide(part, whole[:, None, :], out=np.zeros_like(part), where=whole[:, None] > 0)
    return np.asarray(np.einsum("kp,kop->op", vacancies, share))


def people_by_province(
    tables: Mapping[str, pd.DataFrame], *, occupations: Sequence[str], provinces: Sequence[str]
) -> Floats:
    """Employed persons (occupation, province): sub-major groups spread like their major group."""
    employment = tables["employment_age"]
    rows = employment[(employment["level"] == "sub_major") & (employment["age_group"] == "all")]
    rows = rows[rows["period"] == rows["period"].max()]
    persons = rows.set_index("ksco7")["employed_persons"].astype(float)
    if not persons.index.is_unique:
        raise InputError("employment_age: a sub-major group occurs twice in the last half-year.")
    missing = sorted(set(occupations) - set(persons.index[persons > 0]))
    if missing:
        raise InputError(f"employment_age: nobody employed in sub-major group(s) {missing}.")
    spread = province_share(tables["employment_province"], list(occupations))
    absent = sorted(set(provinces) - set(spread["sido"].to_numpy()))
    if absent:
        raise InputError(f"employment_province lacks province(s) {absent}.")
    share = spread.sel(sido=list(provinces)).transpose("occupation", "sido").to_numpy()
    return persons.loc[list(occupations)].to_numpy()[:, None] * share


def _last_year(vacancies: pd.DataFrame, provinces: Sequence[str]) -> pd.DataFrame:
    """Mean of the half-years of the last year: KECO group by province, without the country."""
    year = vacancies["period"].str[:4]
    rows = vacancies[(year == year.max()) & (vacancies["sido"] != COUNTRY)]
    keys = ["period", "keco", "sido"]
    if rows.duplicated(keys).any():
        row = tuple(rows.loc[rows.duplicated(keys), keys].iloc[0])
        raise InputError(f"vacancies: {row} occurs twice; keep one row.")
    cells = rows.pivot(index=["period", "keco"], columns="sido", values="vacancies").astype(float)
    halves, groups = rows["period"].unique(), sorted(rows["keco"].unique())
    whole = pd.MultiIndex.from_product([halves, groups], names=["period", "keco"])
    cells = cells.reindex(index=whole, columns=list(provinces))
    if cells.isna().to_numpy().any() or cells.empty:
        period, keco = cells.index[cells.isna().any(axis=1)][0] if len(cells) else ("", "")
        raise InputError(
            f"vacancies: a province of {list(provinces)} has no number for KECO {keco} in "
            f"{period or 'any half-year'}; give every province or leave it out of the run."
        )
    return cells.groupby(level="keco", sort=True).mean()


def _links(keco_ksco7: pd.DataFrame, groups: list[str], occupations: Sequence[str]) -> Floats:
    weight = keco_ksco7.pivot(index="keco", columns="ksco7", values="weight").astype(float)
    total = weight.sum().reindex(list(occupations), fill_value=0.0)
    wrong = total.index[(total - 1.0).abs() > 1e-6]
    if len(wrong):
        raise InputError(
            f"keco_ksco7: weights of {list(wrong)} sum to {total[wrong[0]]:g}; expected 1."
        )
    unlinked = sorted(set(groups) - set(weight.index))
    if unlinked:
        raise InputError(f"keco_ksco7 links nothing to KECO group(s) {unlinked} with vacancies.")
    return weight.reindex(index=groups, columns=list(occupations)).fillna(0.0).to_numpy()
