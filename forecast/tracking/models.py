"""A saved exposure model as an MLflow model: arrays, a scorer that travels with them, a card.

Everything goes through a client and names its run, so that threads and processes can log at once
and no run is left active. MLflow finds no pickle in the artifact, and needs no `forecast` to load.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import LoggedModelOutput
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, Schema

from forecast.errors import InputError
from forecast.models import scoring
from forecast.tracking.model_card import ABOUT
from forecast.tracking.store import PatientClient

# MLflow would add the lock file of whatever folder a run was started in.
os.environ.setdefault("MLFLOW_UV_AUTO_DETECT", "false")

NAME, CARD = "exposure_model", "model_card.md"
CARD_LENGTH = 5000  # what a store takes as the description of a version
EXAMPLE_ROWS = 2
REQUIRED = ("mlflow", "numpy", "pandas")  # all that loading and scoring take
PATIENCE_SECONDS = 60.0  # many runs can end at once, and their versions are numbered one by one
TAKEN = "Model Version creation error"  # others took the next number, three times in a row


def log_model(
    run_id: str,
    folder: Path,
    example: pd.DataFrame | None,
    registered: str,
    *,
    card: str,
    tags: Mapping[str, str],
) -> str | None:
    """Log a saved model to a run of the current store, and register it.

    Parameters
    ----------
    run_id : str
        Run that the model is an output of; it need not be active.
    folder : Path
        From :func:`forecast.models.saved.save_model`.
    example : DataFrame
        Descriptors of at least one occupation; other columns are left out.
    registered : str
        Name in the registry; nothing is registered if empty.
    card : str
        Markdown; becomes ``model_card.md`` and the description of the version.
    tags : mapping of str
        Of the logged model and of the version.

    Returns
    -------
    str or None
        Number of the registered version.

    Raises
    ------
    InputError
        If the folder holds no model, the example is missing or cannot be scored, or the card is
        missing or too long.
    """
    scorer = _opened(folder)
    inputs = _checked_example(scorer, example)
    if not 0 < len(card) <= CARD_LENGTH:
        raise InputError(f"the model card has {len(card)} characters; give 1 to {CARD_LENGTH}.")
    client = PatientClient()
    experiment = client.get_run(run_id).info.experiment_id
    about = {"mlflow.note.content": card, **tags}
    logged = client.create_logged_model(experiment, NAME, source_run_id=run_id, tags=about)
    try:
        with tempfile.TemporaryDirectory() as work:
            made = Model(run_id=run_id, model_id=logged.model_id, model_uuid=logged.model_id)
            _write(Path(work), folder, made, scorer=scorer, inputs=inputs, card=card)
            client.log_model_artifacts(logged.model_id, str(Path(work) / NAME))
        client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    except BaseException:
        client.finalize_logged_model(logged.model_id, "FAILED")
        raise
    client.finalize_logged_model(logged.model_id, "READY")
    if not registered:
        return None
    return _register(client, logged.model_id, run_id, registered, card=card, tags=tags)


def signature_of(columns: tuple[str, ...]) -> ModelSignature:
    """Return the signature of a model on these columns: all of them numbers, none optional."""
    inputs = [ColSpec("double", name, required=True) for name in columns]
    return ModelSignature(Schema(inputs), Schema([ColSpec("double", "exposure")]))


def _opened(folder: Path) -> scoring.SavedExposure:
    try:
        scorer = scoring.load(folder)
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{folder} holds no saved model ({error}); save_model writes one.") from (
            error
        )
    if not scorer.columns:
        raise InputError(f"{folder} names no columns: its model would have no signature.")
    return scorer


def _checked_example(scorer: scoring.SavedExposure, example: pd.DataFrame | None) -> pd.DataFrame:
    """Return the first rows of the example, scored once to see that it can be."""
    if example is None or example.empty:
        raise InputError("a served model takes an input example: give rows of descriptors.")
    try:
        scored = scorer.predict(example.head(EXAMPLE_ROWS))["exposure"]
    except ValueError as error:
        raise InputError(f"the input example cannot be scored: {error}") from error
    if not np.isfinite(scored).all():
        raise InputError("the model gives no number for the input example; fit it anew.")
    return example[list(scorer.columns)].head(EXAMPLE_ROWS).astype(float).reset_index(drop=True)


def _write(
    work: Path,
    folder: Path,
    made: Model,
    *,
    scorer: scoring.SavedExposure,
    inputs: pd.DataFrame,
    card: str,
) -> None:
    """Write the artifact to ``work / NAME``."""
    source = Path(scoring.__file__).read_bytes()
    # Two versions with different scorers can be loaded in one process.
    module = f"forecast_scoring_{hashlib.sha256(source).hexdigest()[:8]}"
    (work / f"{module}.py").write_bytes(source)
    (work / "model").mkdir()
    for name in (scoring.HEADER, scoring.ARRAYS):
        shutil.copyfile(folder / name, work / "model" / name)
    mlflow.pyfunc.save_model(
        work / NAME,
        mlflow_model=made,
        loader_module=module,
        data_path=str(work / "model"),
        code_paths=[str(work / f"{module}.py")],
        signature=signature_of(scorer.columns),
        input_example=inputs,
        pip_requirements=[f"{name}=={version(name)}" for name in REQUIRED],
        metadata={
            "regressor": scorer.name,
            "out_of_scope": "exposure is not displacement; no person is scored",
        },
    )
    (work / NAME / CARD).write_text(card, encoding="utf-8")


def _register(
    client: mlflow.MlflowClient,
    model_id: str,
    run_id: str,
    registered: str,
    *,
    card: str,
    tags: Mapping[str, str],
) -> str:
    try:
        client.create_registered_model(registered, description=ABOUT)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    until, source = time.monotonic() + PATIENCE_SECONDS, f"models:/{model_id}"
    while True:
        try:
            made = client.create_model_version(
                registered, source, run_id, dict(tags), description=card, model_id=model_id
            )
            break
        except MlflowException as error:  # the store has undone the whole request
            if TAKEN not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.1)
    number = str(made.version)
    # The page of the logged model links to its versions by this tag.
    link = json.dumps([{"name": registered, "version": number}])
    client.set_logged_model_tags(model_id, {"mlflow.modelVersions": link})
    return number
