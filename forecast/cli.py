"""Command line: verbs only. Everything heavy is imported inside the verb that needs it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from forecast import cli_data, cli_explain
from forecast.console import progress
from forecast.errors import ConfigError, ForecastError

if TYPE_CHECKING:
    from forecast.options import Options, TrackingOptions
    from forecast.pipeline import RunResult
    from forecast.sweeps.sweep import SweepResult

RUN_HELP = """\
Overrides follow Hydra: KEY=VALUE changes a value, GROUP=OPTION picks a file of conf/GROUP,
experiment=NAME reads experiments/NAME.yaml, -m KEY=A,B runs every combination (a sweep).

  forecast run                              the whole chain on the embedded reference
  forecast run experiment=smoke             a quick look
  forecast run draws=800 seed=7             more draws, another seed
  forecast run -m sweep=exposure model=ridge,boosting,network      which model scores best?
  forecast run -m sweep=exposure model=ridge,pls resume=true       go on after an interrupt
  forecast run -m sweep=exposure model=ridge,pls hydra/launcher=joblib hydra.launcher.workers=4
  forecast run -m at_risk=kiet_2022,bok_2023_top20                 whole runs side by side
  forecast run --cfg job                    print the configuration and stop
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Examples
    --------
    >>> main(["--version"])
    forecast 0.1.0
    0
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if arguments[:1] == ["run"] and not {"-h", "--help"} & set(arguments):
            return _run(arguments[1:])  # Hydra's grammar is its own: argparse stays out of it
        parser = build_parser()
        chosen = parser.parse_args(arguments)
        if chosen.version:
            from forecast import __version__

            print(f"forecast {__version__}")
            return 0
        if chosen.act is None:
            parser.print_help()
            return 2
        act: Callable[[argparse.Namespace], int] = chosen.act
        code = act(chosen)
        sys.stdout.flush()  # a reader that left is met here, not at the end of the interpreter
        return code
    except ForecastError as error:
        print(f"forecast: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("forecast: interrupted; no unfinished run folder was kept.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `forecast data list | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as stop:  # argparse and Hydra's own flags
        return stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 2


def build_parser() -> argparse.ArgumentParser:
    """Describe the verbs."""
    parser = argparse.ArgumentParser(
        prog="forecast", description="Labour-market AI exposure forecasting for Korea."
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.set_defaults(act=None)
    verbs = parser.add_subparsers(title="verbs", metavar="VERB")
    verbs.add_parser(
        "run",
        help="run an experiment (with no override: the whole chain)",
        description=RUN_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="forecast run [-m] [KEY=VALUE ...]",
    )
    runs = verbs.add_parser("runs", help="list runs, newest first, with their headline")
    runs.add_argument(
        "-n",
        type=_run_count,
        default=20,
        metavar="N",
        help="how many (default 20)",
    )
    ui = verbs.add_parser("ui", help="open the MLflow UI on loopback over the project's store")
    ui.add_argument("--port", type=int, default=5000, help="port on 127.0.0.1 (default 5000)")
    ui.add_argument(
        "--auth",
        action="store_true",
        help="ask for user and password (FORECAST_UI_PASSWORD; docs/tracking.md)",
    )
    for verb, act in ((runs, _runs), (ui, _ui)):
        verb.add_argument("--uri", default=None, help="tracking store (default: as in conf/)")
        verb.set_defaults(act=act)
    cli_data.add_verbs(verbs)
    cli_explain.add_verbs(verbs)
    return parser


def _run_count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1 to 1000")
    return int(text)


def _run(arguments: list[str]) -> int:
    from forecast.config import run_with_hydra
    from forecast.pipeline import run_experiment

    def single(options: Options) -> None:
        if options.resume or options.sweep.objective != "none":
            raise ConfigError(
                "resume=true and sweep.objective are of a multirun: add -m, as in "
                "`forecast run -m sweep=exposure model=ridge,pls`."
            )
        _summary(run_experiment(options, progress=advance))

    with progress() as advance:
        if not {"-m", "--multirun"} & set(arguments):
            run_with_hydra(arguments, single)
            return 0
        from forecast.sweeps.sweep import Sweep

        with Sweep(advance) as sweep:
            run_with_hydra(arguments, single, multirun=sweep)
            if not sweep.trials:  # --cfg job and the like
                return 0
            result = sweep.finish()
    return _sweep_summary(result)


def _sweep_summary(result: SweepResult) -> int:
    """Print what a sweep found; its exit code is that of the first trial that failed."""
    from forecast.report.summary_sweep import sweep_summary

    print(
        sweep_summary(
            result.tables,
            result.home,
            opened=result.opened,
            tracked=result.tracked,
            seconds=result.seconds,
            skipped=result.skipped,
        )
    )
    if not result.failures:
        return 0
    first = result.failures[0]
    print(
        f"forecast: {len(result.failures)} of the trials failed, first {first.identity}: "
        f"{first.error} The same command with resume=true repeats what failed.",
        file=sys.stderr,
    )
    return first.exit_code


def _summary(result: RunResult) -> None:
    from forecast.report.summary import summary

    print(
        summary(
            result.tables,
            result.run_dir,
            result.tracked_run,
            result.seconds,
            fit_seconds=result.fit_seconds,
        )
    )


def _runs(chosen: argparse.Namespace) -> int:
    from forecast.tracking import recent_runs

    rows = recent_runs(_store(chosen), chosen.n)
    if not rows:
        print("no run yet: `forecast run` makes one.")
    for row in rows:
        print("  ".join(str(value) for value in row.values()))
    return 0


def _ui(chosen: argparse.Namespace) -> int:
    from forecast.tracking import serve

    def told(page: str) -> None:
        print(f"open {page}", flush=True)

    return serve(_store(chosen), port=chosen.port, auth=chosen.auth, told=told)


def _store(chosen: argparse.Namespace) -> TrackingOptions:
    from forecast.config import compose

    options = compose().tracking  # the folder of work may have its own conf/tracking
    if chosen.uri is not None:
        options.uri = chosen.uri
    return options


if __name__ == "__main__":
    raise SystemExit(main())
