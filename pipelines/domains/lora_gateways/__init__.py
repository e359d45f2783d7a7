"""LoRa gateways: which one is dead, and who cannot be heard because of it.

From a LoRa gateway's own reports (statistics, connection) and from the uplinks of all pilots that it relayed. One that
is dead raises one alarm, which names what is heard mainly through it: these devices are well, and only out of reach.
Assumptions: the network server tells all receptions of an uplink; a LoRa gateway is written down as a device whose id
is its EUI and whose feature is a ``lora-gateway``; what it did in the last days is what it does.
"""
