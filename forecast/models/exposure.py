"""The fitted exposure model as one object: descriptors in O*NET units in, exposure 0-1 out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.models.base import Floats, Regressor


@dataclass(frozen=True)
class ExposureModel:
    """A regressor with its columns and the map from latent exposure to a share of tasks.

    Parameters
    ----------
    regressor : Regressor
        Fitted on all occupations of the panel.
    columns : tuple of str
        Descriptors in the order of the fit.
    target : int
        Which of the regressor's targets is the latent exposure.
    centre, scale : float
        Mean and standard deviation of the anchor index: exposure = centre + scale x latent.

    Notes
    -----
    A row of descriptors does not say which group it belongs to: where the regressor has effects of
    occupation groups, they are zero here.
    """

    regressor: Regressor
    columns: tuple[str, ...]
    target: int
    centre: float
    scale: float

    @property
    def name(self) -> str:
        """Name of the regressor."""
        return self.regressor.name

    def predict(self, descriptors: pd.DataFrame) -> Floats:
        """Return exposure (share, 0 to 1) of each row.

        Parameters
        ----------
        descriptors : DataFrame
            At least :attr:`columns`, in O*NET units, without gaps; other columns are ignored.
        """
        missing = [column for column in self.columns if column not in descriptors]
        if missing:
            raise InputError(
                f"descriptor column(s) {missing[:5]} are missing ({len(missing)} in all); "
                "the model was fitted on them."
            )
        values = descriptors[list(self.columns)].to_numpy(dtype=float)
        if not np.isfinite(values).all():
            raise InputError("descriptors have gaps; fill or drop these rows before predicting.")
        latent = self.regressor.predict_target(values, self.target)
        return np.asarray((self.centre + self.scale * latent).clip(0.0, 1.0))
