"""Example subscribers are whole programs: they compile, and their types are those of the bodies."""

import ast
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from pipelines.catalogue.asyncapi import document
from pipelines.catalogue.facts import Contact, PilotFacts
from pipelines.catalogue.subscribers import subscriber
from pipelines.open_data.channels import BY_NAME
from pipelines.vocabulary import Domain
from tests import node
from tests.pipelines.catalogue.pilots import FULL, SMALL

HOSTILE = msgspec.structs.replace(
    SMALL,
    title='"""\nimport os; os.abort() # ',
    publisher="*/ process.exit(1); //\r\nprocess.exit(1)",
    contact=Contact('x@y.z"\\'),
)
PILOTS = {"small": SMALL, "full": FULL, "hostile": HOSTILE}


@pytest.mark.parametrize("facts", PILOTS.values(), ids=list(PILOTS))
@pytest.mark.parametrize("channel", ["state", "obs", "event", "agg-1h"])
def test_python_compiles_and_names_the_attributes_of_the_document(facts: PilotFacts, channel: str) -> None:
    tree = ast.parse(subscriber(facts, BY_NAME[channel], "python"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    schemas = document(facts)["components"]["schemas"]
    for name in set(classes) - {"Attribute", "Number", "Text", "Flag", "Point", "Entity"}:
        fields = {one.target.id for one in classes[name].body if isinstance(one, ast.AnnAssign)}  # type: ignore[union-attr]
        envelope = {"id", "type", "location", "revision", "derivedBy"}
        assert fields == set(schemas[name]["properties"]) - envelope
    called = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert "os.abort()" not in called


def test_javascript_types_agree_and_a_wrong_attribute_is_noticed(tmp_path: Path) -> None:
    for name, facts in PILOTS.items():
        for channel in ("state", "obs", "event", "agg-1h"):
            text = subscriber(facts, BY_NAME[channel], "javascript")
            assert "// @ts-check\n" in text
            assert not [line for line in text.splitlines() if line.strip().startswith("process.exit")]
            (tmp_path / f"{name}-{channel}.mjs").write_text(text)
    begin = "function received(topic, entity) {\n"
    assert begin in text
    (tmp_path / "wrong.mjs").write_text(text.replace(begin, f"{begin}  entity.colour;\n  entity.id = 5;\n"))
    unknown, number = (line for line in node.type_mistakes(tmp_path).splitlines() if not line.startswith(" "))
    assert unknown.startswith("wrong.mjs")
    assert "'colour' does not exist" in unknown
    assert number.startswith("wrong.mjs")
    assert number.endswith("Type 'number' is not assignable to type 'string'.")


def test_python_types_agree(tmp_path: Path) -> None:
    for name, facts in PILOTS.items():
        (tmp_path / f"{name}.py").write_text(subscriber(facts, BY_NAME["state"], "python"))
    # paho's own types say nothing of Properties
    words = [sys.executable, "-m", "mypy", "--strict", "--allow-untyped-calls", "--cache-dir", "cache", "."]
    told = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert told.returncode == 0, told.stdout


def test_topics_are_those_of_the_channel_one_for_each_domain() -> None:
    text = subscriber(FULL, BY_NAME["agg-1h"], "javascript")
    assert '"open/v1/mechelen/energy/all-mechelen/+/agg/1h"' in text
    assert '"open/v1/mechelen/parking/all-mechelen/+/agg/1h"' in text


def test_nothing_is_written_for_what_is_never_said() -> None:
    energy = msgspec.structs.replace(FULL, domains=(Domain.ENERGY,))
    with pytest.raises(ValueError, match="nothing of the pilot is said on state"):
        subscriber(energy, BY_NAME["state"], "python")
    with pytest.raises(ValueError, match="gateway"):
        subscriber(FULL, BY_NAME["gateway"], "python")
