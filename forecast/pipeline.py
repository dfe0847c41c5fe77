"""The verbs: one experiment from figures to targets, as a table of contents."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast import run_folder
from forecast.errors import ConfigError
from forecast.options import Options

if TYPE_CHECKING:
    from forecast.types import (
        AdoptionForecast,
        CohortPlan,
        EmploymentForecast,
        ExposureResult,
        ReskillingDemand,
    )

Tables = Mapping[str, pd.DataFrame]
Progress = Callable[[str], None]

MAX_YEARS_AHEAD = 30
NEEDS_BEFORE = {  # stage -> the stages whose results it takes
    "exposure": (),
    "adoption": (),
    "employment": (),
    "reskilling": ("exposure", "adoption", "employment"),
    "cohorts": ("reskilling",),
    "report": (),
}


@dataclass
class Results:
    """What the stages of one run have produced so far."""

    reference: Tables
    inputs: dict[str, str]  # input file -> sha256
    provenance: str = "official"
    exposure: ExposureResult | None = None
    adoption: AdoptionForecast | None = None
    employment: EmploymentForecast | None = None
    reskilling: ReskillingDemand | None = None
    cohorts: CohortPlan | None = None
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RunResult:
    """Where a finished run is, and its tables."""

    run_dir: Path
    tables: dict[str, pd.DataFrame]
    seconds: dict[str, float]
    tracked_run: str | None
    fit_seconds: dict[str, float] = field(default_factory=dict)


def run_experiment(
    options: Options,
    *,
    progress: Progress = lambda text: None,
    inputs: tuple[Tables, dict[str, str]] | None = None,
) -> RunResult:
    """Run one experiment; its folder appears when it is complete.

    Parameters
    ----------
    options : Options
        Checked choices, see ``conf/``.
    progress : callable
        Told what is being done, for people who wait.
    inputs : tuple, optional
        Tables and hashes that :func:`forecast.data.inputs.load` gave for `options.data`: many runs
        in one process read them once.

    Returns
    -------
    RunResult
        The run folder, the contract tables, seconds per stage, the MLflow run id or None, seconds
        per fit of each exposure model.

    Raises
    ------
    ConfigError, InputError, InfeasiblePlan
        Nothing is written then.
    """
    # scipy brings a BLAS of its own: limits hold only for what is loaded when they are set.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    check_options(options)
    results = read_inputs(options, progress, inputs)
    # One BLAS thread: the order of its sums, and so the last digits, would follow the machine.
    with threadpool_limits(limits=1, user_api="blas"):
        for stage in ordered(options.stages):
            with _timed(results, stage):
                progress(DOING[stage])
                STAGES[stage](results, options, progress)
    return publish(results, options, progress)


def check_options(options: Options) -> None:
    """Refuse choices that contradict each other, before anything is read."""
    unknown = [stage for stage in options.stages if stage not in NEEDS_BEFORE]
    if unknown or not set(options.stages) - {"report"}:
        raise ConfigError(f"stages={options.stages}: choose from {', '.join(NEEDS_BEFORE)}.")
    for stage in options.stages:
        lacking = [s for s in NEEDS_BEFORE[stage] if s not in options.stages]
        if lacking:
            raise ConfigError(f"stages: {stage} takes the results of {lacking}; add them.")
    if options.draws < 10:
        raise ConfigError(f"draws={options.draws}: an interval needs at least 10 draws.")
    check_years(options)
    if options.data.kind not in ("reference", "sources"):
        raise ConfigError(f"data.kind={options.data.kind!r}: choose reference or sources.")
    if options.data.provenance not in (None, "official", "synthetic"):
        raise ConfigError(f"data.provenance={options.data.provenance!r}: official or synthetic.")
    if "reskilling" in options.stages:
        from forecast.stages.parameters import check_comparators, check_parameters

        check_parameters(options.scenario.parameters)
        check_comparators(options.scenario.comparators)
    if "cohorts" in options.stages:
        from forecast.stages.cohort_rules import check_rules

        check_rules(options.cohorts)
    if options.tracking.kind not in ("local", "disabled"):
        raise ConfigError(f"tracking.kind={options.tracking.kind!r}: choose local or disabled.")
    if options.run_dir is not None:
        run_folder.require_free(Path(options.run_dir))
    if options.tracking.kind == "local" and "://" in options.tracking.uri.replace("sqlite://", ""):
        from forecast import tracking  # a remote store is asked before the work, not after it

        tracking.require_store(options.tracking)


def check_years(options: Options) -> None:
    """Refuse years beyond any support of the data: nothing is forecast past a generation."""
    last = int(options.at_risk.base_period) + MAX_YEARS_AHEAD
    for key, year in {
        "adoption.last_year": options.adoption.last_year,
        "employment.last_period": int(options.employment.last_period[:4]),
        "scenario.last_year": options.scenario.last_year,
        "exposure.trend.last_year": options.exposure.trend.last_year,
    }.items():
        if year > last:
            raise ConfigError(f"{key}: {year} is out of reach; choose a year up to {last}.")
    trend_ends = options.exposure.trend.last_year
    if "reskilling" in options.stages and options.scenario.last_year > trend_ends:
        raise ConfigError(
            f"scenario.last_year={options.scenario.last_year}: exposure ends with "
            f"exposure.trend.last_year={trend_ends}; raise that or choose an earlier year."
        )
    last_seats = max(options.cohorts.years, default=0)
    if "cohorts" in options.stages and last_seats > options.scenario.last_year:
        raise ConfigError(
            f"cohorts.years={options.cohorts.years}: demand ends with scenario.last_year="
            f"{options.scenario.last_year}; raise that or choose earlier years."
        )
    if options.employment.max_horizon < 1:
        raise ConfigError("employment.max_horizon: the back-test needs at least 1 half-year.")


def read_inputs(
    options: Options, progress: Progress, given: tuple[Tables, dict[str, str]] | None = None
) -> Results:
    """Load the reference tables, or derive them from the sources, and the user's own tables."""
    from forecast.data import inputs

    progress("reading figures")
    started = time.perf_counter()
    reference, hashes = given or inputs.load(options.data)
    results = Results(reference=reference, inputs=hashes, provenance=provenance(options))
    results.seconds["read"] = time.perf_counter() - started
    return results


def provenance(options: Options) -> str:
    """Say whether a run rests on official figures; own tables do not unless that is declared."""
    said = options.data.provenance
    return said or ("synthetic" if options.data.own_tables() else "official")


def ordered(stages: list[str]) -> list[str]:
    """Put stages in the order of the chain; the report is made when the run is published.

    Examples
    --------
    >>> ordered(["report", "adoption", "exposure"])
    ['exposure', 'adoption']
    """
    return [stage for stage in NEEDS_BEFORE if stage in stages and stage != "report"]


def stage_rng(seed: int, stage: str) -> np.random.Generator:
    """Give each stage its own stream, so that leaving one out does not change another.

    Examples
    --------
    >>> stage_rng(1, "adoption").integers(100) == stage_rng(1, "adoption").integers(100)
    np.True_
    """
    digest = hashlib.sha256(f"{seed}/{stage}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def _exposure(results: Results, options: Options, progress: Progress) -> None:
    from forecast.stages.exposure import score_exposure

    rng = stage_rng(options.seed, "exposure")
    results.exposure = score_exposure(options, results.reference, rng=rng, advance=progress)


def _adoption(results: Results, options: Options, progress: Progress) -> None:
    from forecast.stages.adoption import forecast_adoption

    rng = stage_rng(options.seed, "adoption")
    results.adoption = forecast_adoption(
        options.adoption, results.reference, n_draw=options.draws, rng=rng
    )


def _employment(results: Results, options: Options, progress: Progress) -> None:
    from forecast.stages.employment import forecast_employment

    rng = stage_rng(options.seed, "employment")
    results.employment = forecast_employment(
        options.employment, results.reference, n_draw=options.draws, rng=rng, advance=progress
    )


def _reskilling(results: Results, options: Options, progress: Progress) -> None:
    from forecast.stages.drivers import driver_tables
    from forecast.stages.reskilling import project_reskilling
    from forecast.stages.reskilling_tables import explaining_tables

    assert results.exposure and results.adoption and results.employment  # check_options saw to it
    demand, projection = project_reskilling(
        options.scenario,
        results.exposure,
        results.adoption,
        results.employment,
        results.reference,
        rng=stage_rng(options.seed, "reskilling"),
        advance=progress,
    )
    progress("reskilling: who, where and what drives it")
    details = explaining_tables(
        options.scenario,
        demand,
        projection,
        results.reference,
        rng=stage_rng(options.seed, "reskilling tables"),
    )
    progress("reskilling: redrawing each source, holding each parameter")
    drivers = driver_tables(options.scenario, results.exposure, projection, results.reference)
    results.reskilling = replace(demand, details={**details, **drivers})


def _cohorts(results: Results, options: Options, progress: Progress) -> None:
    from forecast.config import shipped_cohorts
    from forecast.stages.cohort_tables import plan_cohorts

    assert results.reskilling  # check_options saw to it
    results.cohorts = plan_cohorts(
        options.cohorts,
        shipped_cohorts(),
        results.reskilling,
        results.reference,
        rng=stage_rng(options.seed, "cohorts"),
        advance=progress,
    )


STAGES: dict[str, Callable[[Results, Options, Progress], None]] = {
    "exposure": _exposure,
    "adoption": _adoption,
    "employment": _employment,
    "reskilling": _reskilling,
    "cohorts": _cohorts,
}
DOING = {
    "exposure": "exposure: scoring occupations",
    "adoption": "adoption: fitting diffusion curves",
    "employment": "employment: forecasting and back-testing",
    "reskilling": "reskilling: balancing the ledger",
    "cohorts": "cohorts: solving the integer programme",
}


def publish(results: Results, options: Options, progress: Progress) -> RunResult:
    """Check the tables, write the run folder, tell MLflow."""
    from forecast.models.saved import save_model
    from forecast.publishing import contract_tables, write_report

    tables = contract_tables(results, options)
    manifest = run_folder.manifest(options, results.inputs, results.provenance)
    if results.exposure is not None:
        manifest["model"] = results.exposure.model_name
        manifest["splits"] = results.exposure.split_hashes
        manifest["fit_seconds"] = {
            model: round(spent, 3) for model, spent in results.exposure.fit_seconds.items()
        }
    final = run_folder.final_folder(options)
    with run_folder.open_run(options, final) as folder:
        with _timed(results, "report"):
            progress("report: writing tables, figures and page")
            run_folder.write_config(folder, options)
            run_folder.write_tables(folder, tables)
            if results.exposure is not None:
                try:
                    save_model(results.exposure.model, folder / "model")
                except ConfigError as error:  # a model of the user's own may not say how
                    manifest["model_not_saved"] = str(error)
            if "report" in options.stages:
                write_report(folder, tables, manifest, results.reference)
        run_folder.write_manifest(folder, manifest)
    tracked = None
    if options.tracking.kind != "disabled":
        progress("tracking: telling MLflow")
        tracked = _track(final, tables, manifest, results, options)
    fits = results.exposure.fit_seconds if results.exposure is not None else {}
    return RunResult(final, tables, results.seconds, tracked, fits)


def _track(
    final: Path, tables: Tables, manifest: dict[str, Any], results: Results, options: Options
) -> str:
    from forecast import tracking

    seconds = dict(results.seconds)
    if results.exposure is not None:
        fits = results.exposure.fit_seconds
        seconds |= {f"fit/{model}": spent for model, spent in fits.items()}
    return tracking.log_run(options, final, tables, manifest, seconds)


@contextmanager
def _timed(results: Results, stage: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    results.seconds[stage] = results.seconds.get(stage, 0.0) + time.perf_counter() - started
