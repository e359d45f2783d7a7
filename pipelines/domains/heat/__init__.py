"""Heat: how much it strains people, per hour.

From hourly means of temperature and humidity, and of wind, black globe and wet bulb where a station has them, it works
out WBGT (ISO 7243), UTCI (Bröde et al. 2012) and humidex, and how many hours of a day lay above 25 °C WBGT.

Assumptions: wind is measured 10 m above ground for UTCI, and taken as it is at the globe. Without a globe nobody knows
the sun: what is said then is marked estimated. PET needs a solver and is left out.
"""
