"""Open data over HTTP: downloads, NGSI-LD, SensorThings, GBFS; tiers and privacy are those of the topics. README.md."""
