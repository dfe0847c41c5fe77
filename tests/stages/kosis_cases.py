"""KOSIS' own layouts, written from the embedded tables: web exports, and replies of its OpenAPI."""

import csv
import io

import numpy as np

from forecast.data import ksco, reference
from forecast.data.kosis import AGE_CODES

ITEMS = {"all": "취업자 (천명)"} | {
    code: f"연령({name})" for name, code in AGE_CODES.items() if code != "all"
}
FIRST_KEY = {
    "employment_age": ("age_group", None),
    "employment_industry": ("ksic", "산업별"),
    "employment_province": ("sido", "행정구역별"),
}


def printed(persons):
    """A figure as KOSIS prints it: thousands, a hyphen where there is none."""
    return "-" if np.isnan(persons) else f"{persons / 1_000:.0f}"


def period_label(period):
    return f"{period[:4]}.{period[5]}/2"


def key_names(kind):
    """Names of the key beside the occupation, by code."""
    if kind == "employment_industry":
        table = reference.load("ksic10")
        return {"TOT": "계"} | {
            c: f"{c}. {n}(01~03)" for c, n in zip(table.ksic, table.name_ko, strict=True)
        }
    table = reference.load("sido")
    return {"00": "계"} | dict(zip(table.sido, table.name_ko, strict=True))


def export(kind, *, first="2021H1"):
    """Rows of a wide export of an embedded table, from a half-year on."""
    table = reference.load(kind)
    table = table[table["period"] >= first]
    other, variable = FIRST_KEY[kind]
    occupations = ksco.group_names()
    if variable is None:
        wide = table.pivot(index="ksco7", columns=["period", other], values="employed_persons")
        wide = wide[[(p, a) for p in sorted(set(table["period"])) for a in ITEMS]]
        head = [
            ["직업별", *(period_label(period) for period, _ in wide.columns)],
            ["직업별", *(ITEMS[age] for _, age in wide.columns)],
        ]
        rows = [
            [occupations[c], *map(printed, v)]
            for c, v in zip(wide.index, wide.to_numpy(), strict=True)
        ]
        return head + rows
    wide = table.pivot(index=[other, "ksco7"], columns="period", values="employed_persons")
    names = key_names(kind)
    head = [
        [variable, "직업별", *map(period_label, wide.columns)],
        [variable, "직업별", *["취업자 (천명)"] * wide.shape[1]],
    ]
    return head + [
        [names[key], occupations[code], *map(printed, values)]
        for (key, code), values in zip(wide.index, wide.to_numpy(), strict=True)
    ]


def as_csv(rows):
    """Quote every cell, lines end as on Windows: as KOSIS writes them."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def reply(kind, *, first="2022H1"):
    """Records of an OpenAPI reply for an embedded table; empty cells are left out."""
    table = reference.load(kind).dropna(subset="employed_persons")
    table = table[table["period"] >= first]
    other, variable = FIRST_KEY[kind]
    occupations = ksco.group_names()
    others = {} if variable is None else key_names(kind)
    records = []
    for row in table.to_dict("records"):
        item, names = "취업자", {"직업별": occupations[row["ksco7"]]}
        if variable is None:
            item = ITEMS[row[other]].removesuffix(" (천명)")
        else:
            names = {variable: others[row[other]]} | names
        groups = {
            field: text
            for number, (about, name) in enumerate(names.items(), start=1)
            for field, text in (
                (f"C{number}", f"{number:03d}"),
                (f"C{number}_OBJ_NM", about),
                (f"C{number}_NM", name),
            )
        }
        records.append(
            {
                "ORG_ID": "101",
                "TBL_ID": "DT_TEST",
                "TBL_NM": "취업자",
                **groups,
                "ITM_ID": "T1",
                "ITM_NM": item,
                "UNIT_NM": "천명",
                "PRD_SE": "H",
                "PRD_DE": row["period"].replace("H", "0"),
                "DT": printed(row["employed_persons"]),
            }
        )
    return records
