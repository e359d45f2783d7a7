"""Alarms go somewhere: what is wrong is told by e-mail, webhook or MQTT, once, grouped, and cleared. See README.md."""
