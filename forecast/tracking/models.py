"""The fitted exposure model as an MLflow model: signature, example, registered version."""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stderr
from typing import Any

import mlflow
import pandas as pd

from forecast.models.exposure import ExposureModel


class ServedExposure(mlflow.pyfunc.PythonModel):
    """O*NET descriptors in, exposure (share of tasks, 0 to 1) out."""

    def __init__(self, model: ExposureModel) -> None:
        self.model = model

    def predict(
        self, context: object, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Score each row of descriptors."""
        return pd.DataFrame({"exposure": self.model.predict(model_input)})


def log_model(run_id: str, model: ExposureModel, example: pd.DataFrame, registered: str) -> None:
    inputs = example[list(model.columns)].astype(float)
    served = ServedExposure(model)
    signature = mlflow.models.infer_signature(inputs, served.predict(None, inputs))
    quiet = redirect_stderr(io.StringIO())  # MLflow prints that it registered a version
    with quiet, warnings.catch_warnings(), mlflow.start_run(run_id=run_id):
        warnings.simplefilter("ignore")  # MLflow advises type hints that cannot name 184 columns
        mlflow.pyfunc.log_model(
            name="exposure_model",
            python_model=served,
            signature=signature,
            input_example=inputs.head(2),
            registered_model_name=registered,
            pip_requirements=["forecast-kr"],
            metadata={"out_of_scope": "exposure is not displacement; no person is scored"},
        )
