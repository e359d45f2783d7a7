"""Example subscribers are whole programs: they compile, and their types are those of the bodies."""

import ast
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from pipelines.catalogue.asyncapi import document
from pipelines.catalogue.facts import Contact, PilotFacts
from pipelines.catalogue.subscribers import file_name, subscriber
from pipelines.open_data.channels import BY_NAME
from pipelines.vocabulary import Domain
from tests.pipelines.catalogue.pilots import FULL, SMALL

HOSTILE = msgspec.structs.replace(
    SMALL,
    title='"""\nimport os; os.abort() # ',
    publisher="*/ process.exit(1); //\r\nprocess.exit(1)",
    contact=Contact('x@y.z"\\'),
)


@pytest.mark.parametrize("facts", [SMALL, FULL, HOSTILE], ids=["small", "full", "hostile"])
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


@pytest.mark.parametrize("facts", [SMALL, FULL, HOSTILE], ids=["small", "full", "hostile"])
def test_javascript_is_well_formed(facts: PilotFacts, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node, to read JavaScript")
    file = tmp_path / file_name(facts, "javascript")
    text = subscriber(facts, BY_NAME["state"], "javascript")
    file.write_text(text)
    told = subprocess.run([node, "--check", str(file)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert not [line for line in text.splitlines() if line.strip().startswith("process.exit")]


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
