"""What a pilot file may say of its open data: ``[open_data]`` where they are, ``[register]`` why there are sensors."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipelines.vocabulary import Domain


def _url(*schemes: str) -> AfterValidator:
    def check(text: str) -> str:
        scheme, found, rest = text.partition("://")
        if not found or scheme not in schemes or not rest.strip("/") or any(mark.isspace() for mark in rest):
            raise ValueError(f"'{text}' is not an address | Write it as {schemes[-1]}://data.city.example")
        return text

    return AfterValidator(check)


Broker = Annotated[str, _url("mqtt", "mqtts"), Field(examples=["mqtts://data.city.example:8883"])]
Website = Annotated[str, _url("http", "https"), Field(examples=["https://data.city.example"])]


class Table(BaseModel):
    """A table of a pilot file: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class OpenDataTable(Table):
    """``[open_data]``: addresses as start-ups reach them, from outside.

    ``access_rights``: what the catalogue says; ``restricted`` where not everybody gets an account. ``high_value``:
    domains whose data fall under Regulation (EU) 2023/138 by the acts it names, as the city's lawyers have found;
    weather stations do by their kind.
    """

    broker: Broker | None = None
    website: Website | None = None
    access_rights: Literal["public", "restricted"] = "public"
    high_value: tuple[Domain, ...] = ()


class RegisterTable(Table):
    """``[register]``: what a register of sensors in public space asks of everyone who hangs one up.

    ``reference`` begins each sensor's number there; default the pilot's id. ``themes`` as the register spells them;
    default by domain. ``dpia``: where the data protection impact assessment is found, or its number.
    """

    observation_goal: Annotated[str, Field(max_length=255)] = ""
    legal_ground: Annotated[str, Field(max_length=255)] = ""
    privacy_declaration: Website | None = None
    personal_data: Literal["none", "processed"] = "none"
    dpia: str = ""
    reference: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,64}$")] = ""
    themes: tuple[Annotated[str, Field(min_length=1)], ...] = ()

    @model_validator(mode="after")
    def _personal_data_have_a_ground(self) -> Self:
        if self.personal_data == "processed" and not (self.legal_ground and self.privacy_declaration):
            raise ValueError(
                "processes personal data without legal_ground and privacy_declaration | Write both, or personal_data = "
                '"none".'
            )
        return self
