"""Parking: what single-bay sensors tell of a street, from nothing but free or occupied and the frame counter.

A bay's state is believed once it has lasted the shortest dwell; flips of several bays within two seconds (a tram, a
truck) must last longer. Between two frames a state is certain when no frame was lost between them, which the frame
counter tells; else the bay was unknown in between and leaves numerator and denominator. So it does after a silence
longer than its sensor's habit, and when it stands still longer than chance allows (stuck).

    frames ─▶ kerb (dwell, gaps, silence) ─▶ turns ─┬▶ quarters ─▶ occupancy, utilisation, coverage
                                                    ├▶ stays ─▶ turnover, mean stay, overstay
                                                    └▶ rates by hour of the week ─▶ P(free), stuck, guidance

Assumptions, stated: for the forecast cars arrive and leave as Poisson processes with rates that hold for an hour of the
week (two-state Markov chain for a bay, M/M/c/c for a street); stays may well be lognormal, then the forecast's own
Brier score says what that costs. Occupancy and stays assume nothing of the kind.

Turns, stays, alarms, free bays and forecasts are said ``disturbed_dwell_s`` after they happened, with the time at which
they happened. Occupancy is said ``certain_after_min`` after its quarter, once: only the next frame of a sensor tells
whether the one before it was lost.
"""
