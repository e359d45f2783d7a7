"""Open topics: the latest state and every observation for start-ups, on any MQTT broker. See README.md."""
