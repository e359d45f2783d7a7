"""Street lights: how long each burnt and the sun was down, what it used and should have used, and which are out.

- ``lamp.py``, ``burning.py``: hours on, in daylight and not on in the dark; energy from the lamp's register, else from
  its power, beside what its rating and dimming ask for; a lamp that is switched on and draws no power, raised and
  cleared.
- ``sun.py``: when the sun is up, by our own reckoning.

Assumptions: a lamp stays as it last reported for three hours, then nobody knows; a dimmed lamp draws its rating times
the dimming level (drivers draw a little more). Dark is when the sun's upper edge is below the horizon; a pilot whose
lamps follow twilight says so.
"""
