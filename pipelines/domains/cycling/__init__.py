"""Cycling, people and traffic counts: how many passed, without holes, and what a bike dashboard needs.

From registers or counts per interval it works out calibrated numbers per quarter, hour and local day, the annual
average of a day, how commuters and weekends show, both directions of a road together, and travel time and speed of a
link. Hours that were not counted are estimated and say so.

Assumptions: one device counts on a feature at a time; counters of one area see the same weather and the same
holidays; what a register counted in a silence of hours passed as it usually does in those hours. A count of one
direction is a feature of its own; ``details.section`` puts directions together.

Raw and calibrated: a counter's calibration against a count by hand is written in ``details.factors`` with its days, not
as the device's own calibration, so that the stored measurement stays what the sensor said. Both are said side by side.
"""
