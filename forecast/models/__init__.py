"""Models of the forecasting chain."""
