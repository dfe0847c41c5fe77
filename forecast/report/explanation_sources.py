"""The files a run read, what each is for in the chain to people, and the sources they cite."""

from __future__ import annotations

from forecast.data import reference
from forecast.report.explanation_types import InputFile
from forecast.report.finished_run import FinishedRun

# What each embedded table is for on the way to reskilling demand.
USED_FOR: dict[str, str] = {
    "adoption": "adoption: shares of firms, observed; reach of provinces",
    "adoption_ranges": "adoption: reach of provinces printed as a range",
    "btos_state": "adoption: speed of diffusion learnt from US states",
    "descriptors": "exposure: names and scales of the descriptors",
    "employment_age": "employment: persons by occupation and age, half-years",
    "employment_education": "needs: education by occupation, for adaptive capacity",
    "employment_industry": "employment by industry: where each occupation works",
    "employment_province": "employment by province: where each occupation lives",
    "evidence": "people: rates of turnover and re-employment",
    "isco08": "exposure: ISCO-08 unit groups",
    "isco_daioe": "exposure: its growth by year",
    "isco_descriptors": "exposure: predictors; moves: likeness of work",
    "isco_indices": "exposure: published indices",
    "isco_task_profile": "exposure: tasks behind the scores",
    "keco_ksco7": "moves: vacancies brought to KSCO-7",
    "ksco7": "names of Korean occupations",
    "ksco7_isco08": "exposure and moves: scores brought to KSCO-7",
    "ksic10": "names of industries",
    "licensed_minors": "moves: work that the law keeps to licensees",
    "minor_employment": "exposure: people of minor groups, as weights",
    "related_occupations": "moves: related occupations, for the weights of costs",
    "sido": "names of provinces",
    "vacancies": "moves and needs: openings by occupation and province",
    "wages": "moves and needs: wages by occupation",
}
NOT_USED = (
    *("anchors", "beside_programmes", "campuses", "contradictions", "employment_sex"),
    *("programme_figures", "programmes", "registry", "sources", "stage_totals"),
)
# Rows of `evidence` behind the ledger; the others are compared with, not built on.
EVIDENCE_KEYS = (
    "job_entry_rate",
    "job_exit_rate",
    "job_mobility_rate",
    "job_retention_rate",
    "no_reemployment_rate_5y",
    "occupation_change_rate",
    "reemployment_rate_1y",
    "reemployment_rate_1y_nonwage",
    "reemployment_rate_1y_wage",
)


def input_files(run: FinishedRun) -> tuple[InputFile, ...]:
    """Every file of the manifest that the chain to people uses, with sha256 and source ids.

    A file is traced to its sources only where its sha256 proves that the rows in this package are
    the rows the run read.
    """
    embedded, measures = reference.input_hashes(), _measures(run)
    original = _original_files()
    found = []
    for name, sha256 in run.manifest["inputs"].items():
        table = name.removesuffix(".csv")
        if name in embedded:
            if table in NOT_USED:
                continue
            same = embedded[name] == sha256
            found.append(
                InputFile(
                    name,
                    sha256,
                    USED_FOR.get(table, ""),
                    _source_ids(table, measures) if same else (),
                    "" if same else "this package embeds another edition of the table",
                )
            )
        elif name in original:
            found.append(InputFile(name, sha256, "source file", tuple(original[name])))
        else:
            found.append(InputFile(name, sha256, "own figures or source file", (), "not cited"))
    return tuple(found)


def citations(inputs: tuple[InputFile, ...]) -> dict[str, str]:
    """Citation of every source that the files name."""
    listed = reference.load("sources").set_index("source")["citation"]
    wanted = sorted({source for file in inputs for source in file.sources})
    return {source: str(listed[source]) for source in wanted}


def _measures(run: FinishedRun) -> list[str]:
    """Measures of adoption that the chain to jobs rests on; others are shown beside them."""
    return list(run.table("adoption_forecast", role="main")["measure"].unique())


def _source_ids(table: str, measures: list[str]) -> tuple[str, ...]:
    rows = reference.load(table)
    if table == "evidence":
        rows = rows[rows["key"].isin(EVIDENCE_KEYS)]
    elif table in ("adoption", "adoption_ranges"):
        rows = rows[rows["measure"].isin(measures)]
    return tuple(sorted(rows["source"].unique())) if "source" in rows else ()


def _original_files() -> dict[str, list[str]]:
    """Source file to the ids of the sources that lie in it."""
    files: dict[str, list[str]] = {}
    for row in reference.load("sources").itertuples():
        for file in filter(None, str(row.files).split("; ")):
            files.setdefault(file, []).append(str(row.source))
    return files
