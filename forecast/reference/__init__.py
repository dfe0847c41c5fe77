"""Embedded tables, one CSV a topic; see README.md in this folder and forecast/data/reference.py."""
