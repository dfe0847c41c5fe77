"""An integer programme of seats in whole coefficients, as CP-SAT takes it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import scipy.sparse

from forecast.stages.integer_program import Floats, IntegerProgram
from forecast.stages.seat_model import SeatModel
from forecast.stages.seat_problem import SeatProblem

SCALE = 1_000_000  # of the objective, of rows with fractions, and of expected women
_LARGEST = 2**62


def cp_sat_model(cp_model: ModuleType, scaled: IntegerProgram) -> tuple[Any, list[Any]]:
    """Model and its columns, of :func:`in_whole_numbers`."""
    made = cp_model.CpModel()
    columns = [
        made.new_int_var(int(low), int(high), "")
        for low, high in zip(scaled.low, scaled.high, strict=True)
    ]
    rows = scaled.matrix.tocsr()
    for row, ends in enumerate(zip(scaled.row_low, scaled.row_high, strict=True)):
        part = slice(rows.indptr[row], rows.indptr[row + 1])
        terms = [columns[column] for column in rows.indices[part]]
        if terms and np.isfinite(ends).any():
            total = cp_model.LinearExpr.weighted_sum(terms, [int(v) for v in rows.data[part]])
            low, high = (int(np.clip(end, -_LARGEST, _LARGEST)) for end in ends)
            made.add_linear_constraint(total, low, high)
    made.maximize(cp_model.LinearExpr.weighted_sum(columns, [int(v) for v in scaled.gain]))
    return made, columns


def in_whole_numbers(
    problem: SeatProblem, model: SeatModel, program: IntegerProgram
) -> IntegerProgram:
    """Multiply columns and rows so that rounded coefficients lose little; bounds become finite."""
    unit = unit_of(program, model)
    matrix = (program.matrix @ scipy.sparse.diags(1.0 / unit)).tocsr()
    largest = SCALE * np.maximum.reduceat(
        np.append(np.abs(matrix.data - np.round(matrix.data)), 0.0), matrix.indptr[:-1]
    )
    fractions = (largest > 0) & (np.diff(matrix.indptr) > 0)
    factor = np.where(fractions, float(SCALE), 1.0)
    matrix = (scipy.sparse.diags(factor) @ matrix).tocsc()
    matrix.data = np.round(matrix.data)
    people = float(sum(pool.new.sum() for pool in problem.pools))
    high = np.where(np.isinf(program.high), people, program.high) * unit
    return IntegerProgram(
        gain=np.round(program.gain * SCALE / unit),
        low=np.ceil(program.low * unit),
        high=np.floor(high + 1e-9),
        integer=np.ones_like(program.integer),
        matrix=matrix,
        row_low=np.ceil(program.row_low * factor - 1e-6),
        row_high=np.floor(program.row_high * factor + 1e-6),
        blocks=program.blocks,
    )


def unit_of(program: IntegerProgram, model: SeatModel) -> Floats:
    """Parts of a person that a column counts: expected women come in fractions."""
    unit = np.ones(len(program.gain))
    for block in program.blocks:
        if block.kind == "sum" and block.owner.endswith("/women"):
            rows = program.matrix.tocsr()[block.rows.ravel()]
            seats = np.concatenate([columns.seat.ravel() for columns in model.programmes])
            unit[np.setdiff1d(rows.indices, seats)] = SCALE
    return unit


def broken(program: IntegerProgram, values: Floats) -> float:
    """Largest departure of a row, in its own unit."""
    rows = program.matrix @ values
    return float(np.max(np.maximum(program.row_low - rows, rows - program.row_high)).clip(0.0))
