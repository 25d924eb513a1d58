"""How fast it is, beside named others, on data that anybody can make again.

`make bench` (or `python -m benchmarks`) answers every question and writes docs/benchmarks.md.
`python -m benchmarks pages` answers one again. `BENCH_ITEMS` is the largest number of invoices.
"""
