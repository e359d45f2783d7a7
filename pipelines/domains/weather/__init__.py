"""Weather of a station: rain per hour and local day, temperature and reference evapotranspiration of a day.

- ``rain.py``: from amounts that a gauge reports, or from its running total, which is exact also when messages are lost.
- ``et0.py``: FAO-56 Penman-Monteith from temperature, humidity, radiation and wind; Hargreaves, marked as an estimate,
  where a station measures temperature alone. It needs the station's latitude; altitude counts as 0 m when unknown.
- ``temperature.py``: a day's mean and extremes, hours of frost, days of heat.

Assumptions: a reported amount fell since the report before. Without an anemometer the wind at 2 m is 2 m/s (FAO-56,
chapter 3, "Missing wind speed data"), and the value is an estimate. Soil heat flux is nothing over a day.
"""
