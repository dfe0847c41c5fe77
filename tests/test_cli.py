"""The command line as a user meets it: help at once, clear refusals, nothing half-written."""

import hashlib
import itertools
import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from kosis_cases import as_csv, export

from forecast.data import reference
from forecast.types import AGE_GROUPS

REPOSITORY = Path(__file__).resolve().parent.parent
QUICK = (
    *("draws=20", "tracking=disabled", "model=ridge", "exposure.folds=3"),
    *("employment.members=[ridge]", "employment.first_origin=2021H2"),
)


def test_help_of_every_verb_needs_no_heavy_package(forecast_command, tmp_path):
    data = [["data"], *(["data", a] for a in ("list", "pull", "verify", "add", "vintages"))]
    for verb in ([], ["run"], ["runs"], ["ui"], ["explain"], *data):
        code = forecast_command(*verb, "--help", cwd=tmp_path, PYTHONPROFILEIMPORTTIME="1")
        assert code.returncode == 0 and "usage" in code.stdout
        heavy = {"pandas", "hydra", "mlflow", "torch", "pooch", "requests"}
        assert not heavy & imported(code.stderr), verb


def imported(import_log):
    return {line.rsplit("|", 1)[-1].strip() for line in import_log.splitlines() if "|" in line}


def test_help_answers_within_half_a_second(forecast_command, tmp_path):
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        forecast_command("--help", cwd=tmp_path)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.5  # the acceptance line; the least of five is free of machine noise


@pytest.fixture(scope="module")
def own_employment():
    table = reference.load("employment_age").query("level == 'sub_major' and age_group != 'all'")
    table = table.fillna({"employed_persons": 0.0})  # ten cells are not published
    return table[["period", "ksco7", "age_group", "employed_persons"]].reset_index(drop=True)


def spoil(table, column, value):
    return table.astype(str).assign(
        **{column: table[column].astype(str).where(table.index != 7, value)}
    )


def nothing_written(folder):
    return not (folder / "runs").exists() and not list(folder.glob("*mlflow*"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sede=3"], "Did you mean seed"),
        (["cohorts.minimum_clas=3"], "cohorts.minimum_class"),
        (["draws=many"], "Integer"),
        (["at_risk=kiet_2032"], "kiet_2022"),
        (["at_risk.preset=kiet_2032"], "kiet_2022"),
        (["experiment=nope"], "smoke"),
        (["stages=[cohorts]"], "reskilling"),
        (["scenario.comparators=[labour_flow]"], "labour_flow_network"),
        (["draws=1"], "10 draws"),
        (["adoption.last_year=9999"], "adoption.last_year"),
        (["cohorts.years=[2040]"], "cohorts.years"),
        (["cohorts.goal_semantics=monthly"], "cohorts.goal_semantics=monthly"),
        (["cohorts.programmes.P000-AX-COURSE.need=axe"], "employed/axe"),
        (["cohorts.fairness.age=2"], "cohorts.fairness.age=2"),
        (["cohorts.seats.P000-NOPE=3"], "cohorts.seats.P000-NOPE"),
        (["exposure.trend.last_year=9999"], "exposure.trend.last_year"),
        (["exposure.trend.last_year=2025"], "scenario.last_year=2030"),
        (["adoption.scope_measure=nothing", "stages=[adoption]"], "firm_50plus_business_survey"),
        (["~model"], "model"),
        (["data.employment=nowhere.csv"], "no such file"),
        (["data=sources", "data.root=nowhere"], "no such folder"),
        (["model.alphaz=[1.0]"], "alphaz"),
        (["model._target_=forecast.models.Nothing"], "Nothing"),
        (["scenario.parameters.cost_effective_share.high=-1"], "cost_effective_share"),
    ],
)
def test_a_wrong_choice_ends_with_code_2_and_one_message(forecast_here, tmp_path, arguments, says):
    done = forecast_here("run", *QUICK, *arguments)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and done.stderr.startswith("forecast: ")
    assert nothing_written(tmp_path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.drop(columns="age_group"), "lacks column(s) ['age_group']"),
        (lambda t: pd.concat([t, t.head(1)]), "each cell once"),
        (lambda t: spoil(t, "ksco7", "A0"), "column ksco7"),
        (lambda t: spoil(t, "employed_persons", "-3"), "at least 0"),
        (lambda t: spoil(t, "employed_persons", "n.a."), "a number of persons"),
        (lambda t: t.head(0), "no row"),
    ],
    ids=["missing column", "duplicate key", "unknown code", "negative", "non-numeric", "empty"],
)
def test_a_wrong_employment_table_ends_with_code_2(
    forecast_here, tmp_path, own_employment, change, says
):
    change(own_employment).to_csv(tmp_path / "own.csv", index=False)
    done = forecast_here("run", *QUICK, "data.employment=own.csv")
    assert done.returncode == 2, done.stderr
    assert says in done.stderr and "own.csv" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert nothing_written(tmp_path)


@pytest.mark.parametrize("content", ["기간,고용\n2022H2,1\n".encode("cp949"), b""])
def test_a_wrong_encoding_or_an_empty_file_ends_with_code_2(forecast_here, tmp_path, content):
    (tmp_path / "own.csv").write_bytes(content)
    done = forecast_here("run", *QUICK, "data.employment=own.csv")
    assert done.returncode == 2
    assert ("cp949" in done.stderr) if content else ("is empty" in done.stderr)
    assert nothing_written(tmp_path)


def test_a_broken_source_file_ends_with_code_2(forecast_command, tmp_path, sources_root):
    (tmp_path / "copy").symlink_to(sources_root)
    broken = tmp_path / "broken"
    broken.mkdir()
    for entry in sources_root.iterdir():
        (broken / entry.name).symlink_to(entry)
    (broken / "onet").unlink()
    done = forecast_command("run", *QUICK, "data=sources", "data.root=broken", cwd=tmp_path)
    assert done.returncode == 2
    assert "broken/onet" in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert nothing_written(tmp_path)


def test_seats_above_demand_end_with_code_3_and_say_by_how_much(forecast_command, tmp_path):
    seats = "cohorts.seats.P000-POLY-BASIC=99999999"
    done = forecast_command("run", *QUICK, seats, "cohorts.years=[2026]", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "P000-POLY-BASIC" in done.stderr and "99999999" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert nothing_written(tmp_path)


def test_an_own_employment_table_runs_and_is_marked(forecast_command, tmp_path, own_employment):
    doubled = own_employment.assign(employed_persons=own_employment["employed_persons"] * 2)
    doubled.to_csv(tmp_path / "own.csv", index=False)
    arguments = ["data.employment=own.csv", "stages=[employment]", "run_dir=out"]
    done = forecast_command("run", *QUICK, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert '"provenance": "synthetic"' in (tmp_path / "out/manifest.json").read_text("utf-8")
    forecast = pd.read_parquet(tmp_path / "out/tables/employment_forecast.parquet")
    middle = forecast.query("level == 0.5 and age_group == 'all' and period == '2023H1'")
    last = doubled[doubled["period"] == "2022H2"]["employed_persons"].sum()
    assert abs(middle["employed_persons"].sum() / last - 1) < 0.05


def test_a_multirun_makes_one_folder_per_combination(forecast_command, tmp_path):
    arguments = ("stages=[adoption]", "name=two", "tracking=disabled", "draws=20", "seed=1,2")
    done = forecast_command("run", "-m", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "runs/two").glob("*/manifest.json"))) == 2


def test_own_configuration_is_found_in_the_folder_of_work(forecast_command, tmp_path):
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments/mine.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /adoption: mine\nname: mine\n"
    )
    (tmp_path / "conf/adoption").mkdir(parents=True)
    (tmp_path / "conf/adoption/mine.yaml").write_text("defaults:\n  - default\nlast_year: 2027\n")
    arguments = ("experiment=mine", "stages=[adoption]", "run_dir=out", *QUICK)
    done = forecast_command("run", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert pd.read_parquet(tmp_path / "out/tables/adoption_forecast.parquet")["year"].max() == 2027


def test_a_finished_run_is_never_overwritten(forecast_command, tmp_path):
    arguments = ("run", *QUICK, "stages=[adoption]", "run_dir=out")
    assert forecast_command(*arguments, cwd=tmp_path).returncode == 0
    again = forecast_command(*arguments, cwd=tmp_path)
    assert again.returncode == 2 and "finished run" in again.stderr


def test_a_folder_of_the_users_own_is_neither_taken_nor_touched(forecast_command, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    done = forecast_command("run", *QUICK, "stages=[adoption]", "run_dir=out", cwd=tmp_path)
    assert done.returncode == 2 and "not empty" in done.stderr
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "mine.txt"]


def test_an_own_option_of_a_shipped_name_goes_first(forecast_command, tmp_path):
    (tmp_path / "conf/adoption").mkdir(parents=True)
    shipped = (REPOSITORY / "conf/adoption/default.yaml").read_text("utf-8")
    own = shipped.replace("last_year: 2035", "last_year: 2024")
    (tmp_path / "conf/adoption/default.yaml").write_text(own, encoding="utf-8")
    done = forecast_command("run", *QUICK, "stages=[adoption]", "run_dir=out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert pd.read_parquet(tmp_path / "out/tables/adoption_forecast.parquet")["year"].max() == 2024


def test_a_store_that_does_not_answer_is_said_before_the_work(forecast_command, tmp_path):
    arguments = ("run", "tracking.uri=http://127.0.0.1:9", "run_dir=out")
    done = forecast_command(*arguments, cwd=tmp_path, timeout=90)
    assert done.returncode == 2, done.stderr
    assert "tracking.uri=http://127.0.0.1:9" in done.stderr
    assert nothing_written(tmp_path) and not (tmp_path / "out").exists()


def test_ui_and_runs_without_a_store_say_so_and_make_none(forecast_command, tmp_path):
    ui = forecast_command("ui", cwd=tmp_path)
    assert ui.returncode == 2 and "no run yet" in ui.stderr
    runs = forecast_command("runs", cwd=tmp_path)
    assert runs.returncode == 0 and "no run yet" in runs.stdout
    assert list(tmp_path.iterdir()) == []


def test_data_list_and_verify(forecast_command, tmp_path, sources_root):
    listed = forecast_command("data", "list", cwd=tmp_path, FORECAST_SOURCES="")
    assert listed.returncode == 0
    entry = listed.stdout.split("onet/Skills.xlsx\n")[1].splitlines()[:3]
    assert [line.strip() for line in entry] == [
        "O*NET 29.3 (May 2025): Skills",
        "CC BY 4.0  https://www.onetcenter.org/dl_files/database/db_29_3_excel/Skills.xlsx",
        "sha256 b37610db0213",
    ]
    assert "https://kosis.kr (by hand)" in listed.stdout
    states = forecast_command("data", "list", "--root", str(sources_root), cwd=tmp_path)
    assert "onet/Skills.xlsx  ok\n" in states.stdout
    good = forecast_command("data", "verify", "--root", str(sources_root), cwd=tmp_path)
    assert good.returncode == 0, good.stdout
    bad = forecast_command("data", "verify", "--root", str(tmp_path), cwd=tmp_path)
    assert bad.returncode == 2 and "missing" in bad.stdout
    assert f"`forecast data pull --root {tmp_path}`" in bad.stderr


def test_data_pull_from_a_mirror_fills_a_folder_that_verifies(
    forecast_command, tmp_path, sources_root
):
    root, mirror = ("--root", "here"), ("--mirror", str(sources_root))
    done = forecast_command(
        "data", "pull", "onet/Job Zones.xlsx", "aioe", *root, *mirror, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["pulled"] * 3
    (note,) = done.stderr.splitlines()  # one for the two files of one source
    assert "none stated; README asks for citation" in note
    files = sorted(path.name for path in (tmp_path / "here").rglob("*.*"))
    assert files == [
        "AIOE_DataAppendix.xlsx",
        "Job Zones.xlsx",
        "Language Modeling AIOE and AIIE.xlsx",
    ]
    checked = forecast_command("data", "verify", *root, cwd=tmp_path)
    assert checked.stdout.count("ok  ") == 3 and checked.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "needs a folder by --root or $FORECAST_SOURCES"),
        (["--root", "here", "korea/kiet.csv"], "Did you mean korea/kiet_exposure.csv"),
        (["--root", "here", "--mirror", "nowhere"], "no such folder"),
        (["--root", "here", "korea/kiet_exposure.csv"], "1 of 1 files could not be pulled"),
    ],
)
def test_data_pull_refuses_with_code_2(forecast_here, tmp_path, arguments, says):
    done = forecast_here("data", "pull", *arguments, FORECAST_SOURCES="")
    assert done.returncode == 2, done.stderr
    assert says in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def province_export(path, changed=None):
    """A KOSIS web export as Korean Windows saves it, with the figure of one cell changed."""
    rows = export("employment_province")
    if changed is not None:
        rows[12][5] = changed
    path.write_bytes(as_csv(rows).encode("cp949"))


def test_own_figures_become_vintages_and_a_silent_revision_is_said(forecast_command, tmp_path):
    none = forecast_command("data", "vintages", cwd=tmp_path)
    assert none.returncode == 0 and "no vintage in vintages" in none.stdout
    province_export(tmp_path / "first.csv")
    province_export(tmp_path / "later.csv", changed="131")
    added = forecast_command("data", "add", "first.csv", cwd=tmp_path)
    assert added.returncode == 0, added.stderr
    (folder,) = (tmp_path / "vintages").iterdir()
    assert f"added: vintages/{folder.name}" in added.stdout and "first of its kind" in added.stdout
    again = forecast_command("data", "add", "first.csv", cwd=tmp_path)
    assert again.returncode == 0 and "there already, unchanged" in again.stdout
    later = forecast_command("data", "add", "later.csv", cwd=tmp_path)
    said = f"revises 1 of 720 cells it has in common with {folder.name}, most -2,000 persons in"
    assert f"{said} 2022H2/11/1; 0 cells are new, 0 are gone" in later.stdout
    listed = forecast_command("data", "vintages", cwd=tmp_path)
    assert listed.returncode == 0 and said in listed.stdout
    table = folder / "table.csv"
    table.chmod(0o644)
    table.write_bytes(table.read_bytes().replace(b"133000", b"134000", 1))
    broken = forecast_command("data", "vintages", cwd=tmp_path)
    assert broken.returncode == 2 and f"{folder.name}\n  CHANGED" in broken.stdout
    assert "1 of 2 vintages were changed" in broken.stderr and "Traceback" not in broken.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "either a FILE or --kosis"),
        (["a.csv", "--kosis", "101/DT_X"], "either a FILE or --kosis"),
        (["nowhere.csv"], "no such file"),
        (["--kosis", "101/DT_X"], "half-years like"),
        (["--kosis", "101/DT_X", "--first", "2022H1", "--last", "2022H2"], "KOSIS_API_KEY"),
        (["wrong.csv"], "row 13, column 6: '13l'; expected a number"),
    ],
)
def test_data_add_refuses_with_code_2(forecast_here, tmp_path, arguments, says):
    province_export(tmp_path / "wrong.csv", changed="13l")
    done = forecast_here("data", "add", *arguments, KOSIS_API_KEY="")
    assert done.returncode == 2, done.stderr
    assert says in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.csv"]


def test_a_run_on_a_vintage_says_so_in_its_manifest(forecast_command, tmp_path):
    rows = as_csv(export("employment_age", first="2014H1"))
    (tmp_path / "age.csv").write_bytes(rows.encode("cp949"))
    assert forecast_command("data", "add", "age.csv", cwd=tmp_path).returncode == 0
    (folder,) = (tmp_path / "vintages").iterdir()
    vintage = f"vintages/{folder.name}"
    arguments = [f"data.employment={vintage}", "stages=[employment]", "run_dir=out"]
    done = forecast_command("run", *QUICK, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    inputs = json.loads((tmp_path / "out/manifest.json").read_text("utf-8"))["inputs"]
    digest = hashlib.sha256((tmp_path / "age.csv").read_bytes()).hexdigest()
    assert inputs[f"{vintage}/original.csv"] == digest
    assert folder.name == f"employment_age-2022H2-{digest[:12]}"


def test_every_cell_of_the_own_table_is_one_of_the_published(own_employment):
    periods, codes = own_employment["period"].nunique(), own_employment["ksco7"].nunique()
    cells = set(itertools.product(range(periods), range(codes), AGE_GROUPS))
    assert len(own_employment) == len(cells) == 18 * 51 * 5


def test_a_reader_that_leaves_early_ends_nothing_with_a_traceback(tmp_path):
    listing = subprocess.Popen(
        [sys.executable, "-m", "forecast", "data", "list"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    listing.stdout.close()
    _, said = listing.communicate(timeout=60)
    assert listing.returncode == 0 and said == b""
