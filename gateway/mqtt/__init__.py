"""Our MQTT: packets and stream without I/O, and the asyncio connection over them. See README.md."""
