"""Open data: on which topics, to whom, and what may be said of whom at all. Pure; sink and downloads both ask here."""
