"""The choices of a run as plain dataclasses: the schema of ``conf/`` and the arguments of stages.

Hydra ends at the entry; below it only these objects travel. They are not frozen because OmegaConf
builds them field by field. Every number here is a declared assumption with its reason in
``conf/`` beside the value; defaults here exist only so that a stage can be called by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class DataOptions:
    """Where figures come from: the embedded reference, or the sources under `root`."""

    kind: str = "reference"  # reference | sources
    root: str | None = None  # folder laid out like the source registry; needed by kind=sources
    # Own figures instead: a plain table, a KOSIS export or reply, or the folder of a vintage.
    employment: str | None = None  # by occupation and age
    employment_industry: str | None = None  # by industry and occupation
    employment_province: str | None = None  # by province and occupation
    encoding: str = "utf-8"  # of a plain table
    provenance: str | None = None  # official | synthetic; own tables count as synthetic unless said

    def own_tables(self) -> dict[str, str]:
        """Return the path of the user's own figures by the reference table they stand in for."""
        paths = {
            "employment_age": self.employment,
            "employment_industry": self.employment_industry,
            "employment_province": self.employment_province,
        }
        return {kind: path for kind, path in paths.items() if path is not None}


@dataclass
class FeatureOptions:
    """Which O*NET descriptor domains the exposure model sees."""

    domains: list[str] = field(
        default_factory=lambda: [
            *("skill", "knowledge", "ability", "activity", "style", "interest", "zone")
        ]
    )
    activities: bool = True  # O*NET work activities of tasks beside their words (data=sources)


@dataclass
class ExposureTrendOptions:
    """Yearly capability beyond its last year: which trend, and how it is tested."""

    index: str = "daioe_genai"  # daioe_genai | daioe_allapps
    model: str = "auto"  # auto: best CRPS of the back-test; or the name of a trend
    base_year: int = 2023  # year of the technology that the exposure indices rate
    last_year: int = 2035
    first_origin: int = 2016
    max_horizon: int = 6
    half_life_years: float = 3.0  # of a past year's weight in recent_linear
    damping: float = 0.8  # of each further year's log growth in damped_drift


@dataclass
class ExposureOptions:
    """Measurement model: which indices share one factor, and how folds are cut."""

    indices: list[str] = field(default_factory=lambda: ["gpt4_beta", "human_beta", "ilo_2023"])
    anchor_index: str = "human_beta"  # its equation of the factor gives the 0-1 scale
    index_tests: bool = False  # leave whole indices out, and forecast each from the others
    folds: int = 10
    crosswalk_concentration: dict[str, float] = field(  # Dirichlet parameter per link
        default_factory=lambda: {"high": 1.0, "medium": 0.75, "low": 0.5}
    )
    share_concentration: float = 1.0  # the same for minor groups whose people are not printed
    korea_shift_sd: list[float] = field(default_factory=lambda: [0.15, 0.45])  # logit: common, own
    complementarity_weight: list[float] = field(default_factory=lambda: [0.5, 1.0])
    task_sampling_error: float = 0.06  # standard error of a task share from sampled tasks
    trend: ExposureTrendOptions = field(default_factory=ExposureTrendOptions)


@dataclass
class AtRiskOptions:
    """The preset that p_at_risk, cells and the rest of the chain use."""

    preset: str = "kiet_2022"
    base_period: str = "2022"
    whole_job_bar: float = 0.5  # share of its tasks above which a job counts (kli_2024_gpt)
    common_top_share: float = 0.2  # of the employed, called at risk by each index compared


@dataclass
class AdoptionOptions:
    """Curve and priors of AI adoption among firms."""

    measure: str = "firm_50plus_research_sample"
    last_year: int = 2035
    ceiling_percent: list[float] = field(default_factory=lambda: [15.0, 90.0])  # 95 % prior range
    speed_per_year: list[float] = field(default_factory=lambda: [0.05, 0.60])  # 95 % prior range
    first_origin: int = 2019
    proposals: int = 20_000
    yearly_shock: list[float] = field(default_factory=lambda: [0.02, 0.40])  # 95 % prior, logit
    scope_measure: str | None = "firm_50plus_business_survey"  # of industries; null: none
    scope_speed_sd: float = 0.25  # spread of log speed between industries or provinces
    scenario_speed: dict[str, float] = field(
        default_factory=lambda: {"slow": 0.5, "central": 1.0, "fast": 1.5}
    )
    panel_prior: str = "btos"  # US states inform speed and its spread; none: declared ranges
    panel_transfer_sd: float = 0.5  # of the log ratio between Korean and US speed
    panel_backtest: bool = False  # score the state panel as well, about half a minute
    beside: bool = True  # forecast the other measures too


@dataclass
class EmploymentOptions:
    """Baseline forecast of employed persons."""

    last_period: str = "2030H2"
    members: list[str] = field(default_factory=lambda: ["damped_drift", "ridge", "network"])
    candidates: list[str] = field(default_factory=list)  # further members of the scoreboard
    comparators: list[str] = field(default_factory=list)  # statsforecast's, on the scoreboard
    sum_members: list[str] = field(default_factory=lambda: ["damped_drift", "ets"])
    sum_levels: list[str] = field(default_factory=lambda: ["occupations"])
    reconciliation: str = "wls_variance"
    breaks: list[str] = field(default_factory=lambda: ["2020H1"])
    control_total: str = "none"  # or keis_2026: a published projection of all employed persons
    control_mode: str = "median"  # of the draws; every_draw: no draw leaves it
    first_origin: str = "2018H1"
    last_origin: str = "2021H2"
    max_horizon: int = 6
    drift_damping: float = 0.95  # of each further half-year's change; 1 is a straight line
    rounding_persons: float = 1_000.0  # step the source is rounded to


@dataclass
class ParameterOptions:
    """One mechanism parameter: a triangular distribution, its neutral value and its source."""

    low: float = 0.0
    mode: float = 0.0
    high: float = 0.0
    neutral: float = 0.0
    source: str = ""
    enabled: bool = True  # false: the neutral value is used in every draw


@dataclass
class ScenarioOptions:
    """Mechanism from exposure to people: named steps, each with its parameter(s)."""

    first_year: int = 2023
    last_year: int = 2030
    comparators: list[str] = field(default_factory=lambda: ["labour_flow_network"])
    capacity_concentration: float = 4.0  # Dirichlet of the five weights of adaptive capacity
    sensitivity_draws: int = 60  # draws that each parameter is held still in; 0: none is
    parameters: dict[str, ParameterOptions] = field(default_factory=dict)


@dataclass
class ProgrammeOptions:
    """Whom one programme seats; what the documents leave open is an assumption of ``conf/``."""

    need: str = "ai_basic"
    people: str = "employed"  # whose need: employed | separated | entering
    beyond: str = "none"  # whom seats above the need are open to: none, employed, entering, leaving
    site_kind: str = "national"  # campus | province | national
    ages: list[str] = field(default_factory=list)  # empty: all
    occupations: list[str] = field(default_factory=list)  # codes or first digits; empty: all
    years: list[int] = field(default_factory=list)  # empty: all of cohorts.years
    every_campus: bool = False
    months: float = 0.0  # duration of a class; 0: not published
    fee_krw: float = 0.0  # published cost of a course for one person
    allowance_krw: dict[str, float] = field(default_factory=dict)  # capital, other: a month, most
    allowance_months: float = 0.0


@dataclass
class FairnessOptions:
    """Least coverage of a group relative to the average of its pool: 0 nothing, 1 equal."""

    age: float = 0.0
    sex: float = 0.0
    province: float = 0.0


@dataclass
class CohortOptions:
    """Seats, classes and what the published documents leave open."""

    years: list[int] = field(default_factory=lambda: [2026, 2027, 2028, 2029, 2030])
    goal_semantics: str = "annual"  # annual | cumulative: what a published number is of
    since_year: int = 2023  # people newly in need from this year on wait for a seat
    scenario: str = "central"
    programmes: dict[str, ProgrammeOptions] = field(default_factory=dict)
    beside: dict[str, ProgrammeOptions] = field(default_factory=dict)  # seated after the others
    seat_beside: bool = True  # false: they get no seats
    seats: dict[str, int | None] = field(default_factory=dict)  # a year; null: as published
    minimum_class: int = 20
    maximum_class: int = 25
    maximum_share_per_campus: float = 0.10
    room_months: float | None = None  # class-months a campus teaches in a year; null: not limited
    served_by: dict[str, str] = field(default_factory=lambda: {"36": "30"})  # 시도 without a campus
    age_priority: dict[str, float] = field(
        default_factory=lambda: {"15-29": 1.0, "30-39": 1.0, "40-49": 1.0, "50-59": 1.0, "60+": 1.0}
    )
    later: float = 0.97  # value of a seat next year relative to one now
    fairness: FairnessOptions = field(default_factory=FairnessOptions)
    budget_krw: dict[int, float] = field(default_factory=dict)  # most for published costs, by year
    regions: dict[str, list[str]] = field(default_factory=dict)  # the 8 권역 and their 시도
    unitemised: str | None = None  # programme that takes the 활동기 seats nobody itemises
    release_years: list[int] = field(default_factory=lambda: [2026])  # of the tables to hand out
    frontier: list[float] = field(default_factory=lambda: [0.0, 0.25, 0.5, 0.6, 0.7, 1.0])
    future_draws: int = 40  # futures that plans are judged under; 0: none
    demand_changes: list[float] = field(default_factory=lambda: [-0.2, 0.2])
    time_limit_seconds: float = 60.0
    relative_gap: float = 1e-3


@dataclass
class TrackingOptions:
    """MLflow, or nothing."""

    kind: str = "local"  # local | disabled
    uri: str = "sqlite:///mlflow.db"
    artifacts: str = "mlartifacts"
    experiment: str = "forecast"
    register: str = "ai-exposure"


@dataclass
class SweepOptions:
    """What a trial of a multirun is, what its score is, and which cases no trial may see."""

    objective: str = "none"  # none: every trial is a whole run; exposure | employment: its score
    target: str = "consensus_unrelated"  # of objective=exposure
    locked_share: float = 0.2  # of families (exposure) or last origins (employment), kept apart
    resamples: int = 2_000  # of the cases, for intervals


@dataclass
class Options:
    """One experiment, whole."""

    name: str = "chain"
    seed: int = 20221231
    draws: int = 500
    run_dir: str | None = None  # default: runs/<name>/<time with microseconds>
    resume: bool = False  # of a multirun: go on with the last one of the same request, or run_dir
    stages: list[str] = field(
        default_factory=lambda: [
            "exposure",
            "adoption",
            "employment",
            "reskilling",
            "cohorts",
            "report",
        ]
    )
    data: DataOptions = field(default_factory=DataOptions)
    features: FeatureOptions = field(default_factory=FeatureOptions)
    exposure: ExposureOptions = field(default_factory=ExposureOptions)
    model: dict[str, Any] = field(default_factory=dict)
    at_risk: AtRiskOptions = field(default_factory=AtRiskOptions)
    adoption: AdoptionOptions = field(default_factory=AdoptionOptions)
    employment: EmploymentOptions = field(default_factory=EmploymentOptions)
    scenario: ScenarioOptions = field(default_factory=ScenarioOptions)
    cohorts: CohortOptions = field(default_factory=CohortOptions)
    tracking: TrackingOptions = field(default_factory=TrackingOptions)
    sweep: SweepOptions = field(default_factory=SweepOptions)
