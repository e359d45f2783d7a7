"""Our MQTT: packets and session without I/O, and the asyncio connection over them."""
