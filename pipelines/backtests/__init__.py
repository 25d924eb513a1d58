"""Forecasts of the past, made again with what was known then, and held against what came."""
