"""Sweeps: many trials of one question, resumable, on one machine or many, judged truthfully."""
