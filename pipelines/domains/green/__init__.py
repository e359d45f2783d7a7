"""Soil under trees and on parcels: how wet it is, whether to water, how many litres, and what that saves.

- ``soil.py``: per tree or parcel and local day, the mean moisture, tension and temperature, how much water the root
  zone lacks (FAO-56) and in one word how wet it is.
- ``watering.py``: at each local midnight, for the day that begins: litres per tree and per round (an area), and on the
  days of the fixed schedule what is saved against it. A sensor that sticks, does not answer to rain or follows the
  temperature gives no advice. It sees all trees and stations of a pilot, because rain falls on all of them.

Assumptions: nobody tells a forecast, so it is measured rain that makes a round unnecessary: 70 % of the dose within
the last day. A tension is turned into water content with the mean retention curve of its soil class; a sensor speaks
for the whole root zone, and of two sensors the drier one counts; the stations of a pilot measure the same rain (their
mean).
"""
