"""Electricity: how much went through each meter, exactly, and how much of its own power a building used.

From the cumulative registers of meters, never from sampled power: a register forgets nothing between two readings.

- ``meter.py``: kWh drawn from and fed into the grid per quarter, hour and local day, the highest quarter of the
  day, and when a meter was exchanged. A register that rolls over goes on counting.
- ``balance.py``: per connection (a building with its grid meter and the meter of its panels) and local day: what was
  produced and used, self-consumption and self-sufficiency. Import and export are never netted first.

Assumptions: between two readings at most an hour apart, power was even. Over a longer silence the sum is exact and its
split is marked ``estimated``. A reading that would need more than the fuse lets through is not believed on its own.
"""
