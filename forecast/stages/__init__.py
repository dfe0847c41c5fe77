"""Stages of the forecasting chain."""
