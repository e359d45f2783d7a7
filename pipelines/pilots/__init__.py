"""Did the pilot work? KPIs out of daily values, with their uncertainty and their verdict. Pure: no file, no clock.

    daily values ─▶ Days ─▶ kpi (a ratio of two daily sums) ─▶ evaluate (span, bootstrap, verdict) ─▶ Evaluation

Laws
- A KPI is a named formula of the table in ``kpi.py``; everything it counts is in ``Days``, so a result can be redone by
  hand from the report's annex.
- A day enters only where its values are good enough; how many did, of how many, stands beside every figure.
- Below the stated coverage, or with too few days, there is no verdict: ``insufficient data``.
- Same days, same figures: the bootstrap draws from a generator that is seeded with the KPI's name.
"""
