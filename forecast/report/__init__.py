"""Report of the forecasting chain."""
