"""The JSON replies of KOSIS OpenAPI, fetched or saved, as employment tables."""

from __future__ import annotations

import re

import pandas as pd

from forecast.data import kosis_labels as labels
from forecast.data import ksco, reference
from forecast.data.kosis_cells import Figures, to_figures
from forecast.data.kosis_openapi import records_of
from forecast.errors import InputError

_FIELDS = ("PRD_DE", "PRD_SE", "C1_NM", "ITM_NM", "UNIT_NM", "DT")
_CODE_IN_NAME = re.compile(r"^[A-U\d]{1,2}[.\s]+|\([\d~,\s-]+\)$")  # A. 농업, …(01~03)
_OF_ALL = {labels.TOTAL, "전체", "합계", "전국", ""}


def read_reply(content: bytes, *, file: str) -> Figures:
    """Read the JSON reply of one table, as fetched or as saved to a file.

    Classification variables are told by the names of their groups. KOSIS leaves out cells that
    nobody is in; they are put back as missing.

    Parameters
    ----------
    content : bytes
        A list of records with PRD_DE, PRD_SE, C1_NM (to C8_NM), ITM_NM, UNIT_NM and DT.
    file : str
        Named in messages.

    Raises
    ------
    InputError
        For an error reply, a record without these fields, or what
        :func:`forecast.data.kosis_cells.to_figures` refuses.
    """
    records = pd.DataFrame(records_of(content, file=file)).fillna("").astype(str)
    missing = [field for field in _FIELDS if field not in records]
    if missing:
        raise InputError(
            f"{file}: records lack {missing}; they have {list(records.columns)}. Ask for "
            "statisticsParameterData with format=json and all output fields."
        )
    cells = pd.DataFrame({"value": records["DT"], "unit": records["UNIT_NM"].str.strip()})
    cells["place"] = [f"record {number}" for number in range(1, len(records) + 1)]
    cells["period"] = _periods(records, file)
    items = [_item(label, number, file) for number, label in enumerate(records["ITM_NM"], 1)]
    cells["breakdown"] = [item.breakdown for item in items]
    cells["group"] = [item.group for item in items]
    fields = [str(field) for field in records]
    for field in fields:
        if re.fullmatch(r"C\d_NM", field):
            cells = _with_dimension(cells, records[field].str.strip(), field, file)
    titles = {
        title
        for field in fields
        if field.endswith(("TBL_NM", "OBJ_NM"))
        for title in records[field]
    }
    return to_figures(_with_left_out(cells), file=file, titles=sorted(titles))


def _periods(records: pd.DataFrame, file: str) -> pd.Series:
    half_years = records["PRD_DE"].str.fullmatch(r"\d{4}0[12]") & (records["PRD_SE"] == "H")
    if not half_years.all():
        row = int((~half_years).to_numpy().argmax())
        raise InputError(
            f"{file}: record {row + 1}: PRD_DE {records['PRD_DE'].iloc[row]!r} of PRD_SE "
            f"{records['PRD_SE'].iloc[row]!r}; expected half-years like 202202 of H. Ask with "
            "prdSe=H."
        )
    return records["PRD_DE"].str[:4] + "H" + records["PRD_DE"].str[5]


def _item(label: str, number: int, file: str) -> labels.Item:
    found = labels.item(label)
    if found is None:
        raise InputError(
            f"{file}: record {number}: ITM_NM {label!r}; expected 취업자, 연령(15~29세) or "
            "교육정도(고졸). Ask for the employed only (itmId)."
        )
    return found


def _with_dimension(cells: pd.DataFrame, names: pd.Series, field: str, file: str) -> pd.DataFrame:
    """Add a classification variable under the dimension that knows most of its names."""
    best = _dimension(set(names))
    if best is None:
        raise InputError(
            f"{file}: {field} has {sorted(set(names))[:3]}; expected occupations, industries, "
            "provinces, sexes or ages. Ask for a table of employment."
        )
    if best == "total":
        return cells
    if best == "age":
        names = names.map(lambda name: labels.same_name(name, labels.AGES))
    return cells.assign(**{best: names})


def _dimension(names: set[str]) -> str | None:
    """Tell a dimension by the names it knows most of; ``total`` if it has but one group, of all."""
    theirs = {labels.bare(_CODE_IN_NAME.sub("", name)) for name in names}
    if theirs <= _OF_ALL:
        return "total"
    known = {
        "occupation": ksco.group_names().values(),
        "industry": reference.load("ksic10")["name_ko"],
        "sido": [*reference.load("sido")["name_ko"], *labels.FORMER_PROVINCES],
        "sex": labels.SEXES,
        "age": labels.AGES,
    }
    hits = {of: len((theirs - _OF_ALL) & set(map(labels.bare, all_))) for of, all_ in known.items()}
    best = max(hits, key=lambda of: hits[of])
    return best if hits[best] else None


def _with_left_out(cells: pd.DataFrame) -> pd.DataFrame:
    """Put back, without a figure, the combinations that the reply leaves out."""
    keys = [
        "period",
        *(of for of in ("sex", "age", "sido", "industry", "occupation") if of in cells),
    ]
    items = cells[["breakdown", "group", "unit"]].drop_duplicates()
    grid = items.assign(place="left out of the reply")
    for key in keys:
        grid = grid.merge(cells[[key]].drop_duplicates(), how="cross")
    on = [*keys, "breakdown", "group", "unit"]
    absent = grid.merge(cells[on], on=on, how="left", indicator=True)
    absent = absent[absent["_merge"] == "left_only"].drop(columns="_merge")
    return pd.concat([cells, absent.assign(value="")], ignore_index=True)
