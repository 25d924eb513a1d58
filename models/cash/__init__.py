"""The cash forecast: from when each document will be paid to what comes in each week.

`periods` says which weeks and months; `allotment` turns probabilities into cents that tie;
`unapplied` takes off what is already here; `issuance` foretells what will be invoiced, and
`receipts` what both bring; `intervals` says how far off it may be, `rivals` what simpler rules say,
and `backtest` how right all of them were.
"""
