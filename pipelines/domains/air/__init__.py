"""Air quality: what hourly means, the European index and the limits of 2030 say of it.

From readings of PM2.5, PM10, NO2, O3 and SO2 it works out hourly means with data capture, the 8-hour means of ozone and
their highest of the day, the revised European air quality index per pollutant and overall, hours per band and day, and
the mean of twelve months beside the limit of 2030, which is refused where too little was measured.

Assumptions: an index needs NO2 and a PM at a traffic station and NO2, O3 and a PM elsewhere; the worst of fewer is
marked estimated. Means of PM at more than 90 % relative humidity are suspect, for optical sensors count droplets.
Only sensors that declare it are corrected; gases of electrochemical cells are taken as they come.
"""
