"""Pilots for the tests of the documents."""

from datetime import date

from pipelines.catalogue.facts import Contact, PilotFacts, Purpose
from pipelines.vocabulary import Domain

SMALL = PilotFacts(
    id="parking-mechelen",
    title="Parking guidance in Mechelen",
    city="mechelen",
    domains=(Domain.PARKING,),
    publisher="City of Mechelen",
    contact=Contact("smartcity@mechelen.example"),
    licence="CC-BY-4.0",
    privacy="C",
    start=date(2027, 1, 11),
)
"""As little as a pilot file may say."""

FULL = PilotFacts(
    id="all-mechelen",
    title='Everything, "all" of \\ it',
    city="mechelen",
    domains=tuple(Domain),
    publisher="City of Mechelen",
    contact=Contact("smartcity@mechelen.example", "Smart city team", "+32 15 00 00 00"),
    licence="CC0-1.0",
    privacy="A",
    start=date(2027, 1, 11),
    end=date(2027, 12, 31),
    retention_days=730,
    bbox=(4.47, 51.02, 4.49, 51.04),
    broker="mqtts://data.mechelen.example:8884",
    website="https://data.mechelen.example",
    high_value=(Domain.AIR,),
    measured={"parking-spot": ("occupied", "battery_v", "temperature_c"), "tree": ("soil_moisture_percent",)},
    sensorthings="published",
    purpose=Purpose(
        observation_goal="To guide drivers",
        legal_ground="Management of roads",
        privacy_declaration="https://www.mechelen.example/privacy",
        dpia="DPIA-7",
        reference="PD",
    ),
)
"""All that it may say, every domain and with it every feature type."""
