"""Features of the forecasting chain."""
