"""Networks: from what a device reports to what the gateway receives. The bytes are the device's own, by its profile."""
