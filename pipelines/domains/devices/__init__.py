"""Devices themselves, of every domain: who is silent, whose battery goes, how the radio does, who is meddled with.

What is said stands at the feature that the device observes, so a silent bin is found among the bins. Assumptions: one
device reports on a feature at a time; a device's rhythm is what its last days show, and nobody has to write it down.
"""

from pipelines.vocabulary import FEATURE_TYPES

EVERY_FEATURE = frozenset(FEATURE_TYPES)

BUT_LORA_GATEWAYS = EVERY_FEATURE - {"lora-gateway"}
"""Of a LoRa gateway it is known sooner, and who is behind it: ``domains/lora_gateways``."""
