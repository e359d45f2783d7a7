"""Reports of a pilot: read from the embedded store, evaluated by ``pipelines.pilots``, written as one HTML page."""
