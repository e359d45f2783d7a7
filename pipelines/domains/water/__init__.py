"""Water: how high it stands and how fast it rises, where it leaks, and whether a probe in it can be believed.

- ``level.py``: a clean level above the local datum from a distance or a level, its rise, the flood state with its
  events, how long until the thresholds if it goes on so, and of each day the extremes and the hours above them.
- ``leakage.py``: use per hour and day from the meter's register, the night flow, and a suspected leak, raised and
  cleared.
- ``quality.py``: range, stuck and rate checks of acidity, turbidity and temperature, told when they change;
  of each day the mean of what can be believed.

Assumptions: a level that jumps is believed when the next reading confirms it, so an alarm is at most one reading late.
People sleep from 2 to 4 in local time; a household that draws water in each hour of a day has a leak. Laboratory values
(bacteria) are not looked at here: they come with the time of their sample and need no check of a sensor.
"""
