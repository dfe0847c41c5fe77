"""MLflow, and nothing else imports it: runs, models and sweeps as the dashboard shows them."""

from forecast.tracking.runs import log_run, recent_runs
from forecast.tracking.server import serve
from forecast.tracking.store import require_store

__all__ = ["log_run", "recent_runs", "require_store", "serve"]
