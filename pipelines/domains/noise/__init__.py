"""Noise: how loud it was per hour and local day, for people who live there.

From short LAeq values (a minute to an hour) it works out energy means with their coverage, the directive's Ld, Le, Ln
and Lden, the levels exceeded in 10, 50 and 90 % of the time, and when it was loud.

Assumptions: a day's night is 0 to 7 h and 23 to 24 h of the same date; a reading belongs to the hour and period that
hold its middle. Hours of wind above 5 m/s or rain are not left out: the wind is measured at another station, and what
belongs to one station knows nothing of another. Reports can leave them out.
"""
