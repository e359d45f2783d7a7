"""Waste: what level sensors tell of containers, in per cent of what a container holds.

    distance or level ─▶ cleaning (range, lid, tilt, bridging) ─▶ level ─┬▶ emptying ─▶ collections
                                                                        ├▶ filling ─▶ rate by weekday and hour
                                                                        └▶ full ─▶ time to full P10, P50, P90, scored
    temperature, fire, tilt ─▶ alarms, at once                       tour: which to empty tomorrow, in which order

Assumptions, stated: a container fills as a gamma process whose mean depends on the weekday times the hour; the spread
of a day's filling is learnt from days. Whatever breaks that (busy days, seasons) is met by widening or narrowing the
interval until it holds what it should: each forecast is judged when its level is reached.
"""
