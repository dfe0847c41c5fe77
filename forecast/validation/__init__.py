"""Validation of the forecasting chain."""
