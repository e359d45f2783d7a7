"""Accounts made to hold at a real broker, by files and by plugin: who is thrown out, who stays, what is told."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from click.testing import CliRunner

from gateway.broker_accounts import DYNAMIC_SECURITY
from gateway.cli.main import main
from gateway.startups.accounts import FILE
from tests.gateway.startups.open_broker import PILOTS, Client, OpenBroker, open_broker

REFUSED = 135  # MQTT 5: not authorised; paho gives it for 3.1.1 too
STATE = f"open/v1/delft/parking/{PILOTS[0]}/bay-1/state"


@pytest.fixture(scope="module", params=["files", "dynamic-security"])
def broker(request: pytest.FixtureRequest) -> Iterator[OpenBroker]:
    with open_broker(accounts=request.param) as made:
        yield made


def make_expired(broker: OpenBroker, name: str) -> None:
    record = broker.broker / FILE
    record.write_text(record.read_text().replace(f'"name": "{name}",', f'"name": "{name}", "expires": "2026-01-31",'))


def test_who_is_revoked_is_thrown_out_and_does_not_come_in_again(broker: OpenBroker) -> None:
    password = broker.add("one", "startup", PILOTS[0])
    with broker.connect("one", password) as client:
        assert client.connected == 0
        broker.startup("revoke", "one")
        assert client.ended.get(timeout=5) is not None
    with broker.connect("one", password) as client:
        assert client.connected == REFUSED


def test_after_its_last_day_an_account_is_thrown_out_at_the_next_apply(broker: OpenBroker) -> None:
    password = broker.add("two", "startup", PILOTS[0])
    with broker.connect("two", password) as client:
        make_expired(broker, "two")
        assert "1 expired" in broker.startup("apply")
        assert client.ended.get(timeout=5) is not None
    with broker.connect("two", password) as client:
        assert client.connected == REFUSED
    assert "expired" in broker.startup("list")


def test_any_other_command_takes_out_what_has_expired_too(broker: OpenBroker) -> None:
    password = broker.add("three", "startup", PILOTS[0])
    make_expired(broker, "three")
    broker.add("four", "public", PILOTS[0])
    with broker.connect("three", password) as client:
        assert client.connected == REFUSED


def test_a_new_password_voids_the_old_one(broker: OpenBroker) -> None:
    old = broker.add("five", "startup", PILOTS[0])
    with broker.connect("five", old) as client:
        new = broker.startup("rotate", "five").splitlines()[1].split()[1]
        assert client.ended.get(timeout=5) is not None
    for password, code in ((old, REFUSED), (new, 0)):
        with broker.connect("five", password) as client:
            assert client.connected == code


def test_others_stay_connected_when_one_is_revoked(broker: OpenBroker) -> None:
    stays, goes = broker.add("six", "startup", PILOTS[0]), broker.add("seven", "startup", PILOTS[0])
    with broker.connect("six", stays) as client, broker.connect("seven", goes):
        client.subscribe(f"open/v1/delft/+/{PILOTS[0]}/+/state")
        broker.startup("revoke", "seven")
        with broker.connect("gateway", broker.secret("gateway"), plain=True) as gateway:
            gateway.publish(STATE, b"still there")
        assert client.received.get(timeout=5) == (STATE, b"still there")
        assert client.ended.empty()


def test_an_account_is_one_connection(broker: OpenBroker) -> None:
    password = broker.add("eight", "startup", PILOTS[0])
    with broker.connect("eight", password) as first, broker.connect("eight", password) as second:
        assert first.ended.get(timeout=5) is not None
        assert second.connected == 0


def test_nobody_takes_over_the_session_of_another_by_its_client_id(broker: OpenBroker) -> None:
    password = broker.add("nine", "startup", PILOTS[0])
    secret = broker.secret("gateway")
    with (
        Client(broker.port, "gateway", secret, ca=None, protocol=paho.MQTTv311, client_id="citygate-gw-1") as gateway,
        Client(
            broker.tls_port, "nine", password,
            ca=broker.broker / "tls" / "ca.crt", protocol=paho.MQTTv311, client_id="citygate-gw-1",
        ) as thief,
    ):  # fmt: skip
        assert thief.connected == 0
        gateway.subscribe(STATE)
        gateway.publish(STATE, b"mine")
        assert gateway.received.get(timeout=5) == (STATE, b"mine")
        assert gateway.ended.empty()


def test_a_pilot_without_a_file_grants_nothing_any_more(broker: OpenBroker) -> None:
    password = broker.add("ten", "startup", PILOTS[0], PILOTS[2])
    file = broker.folder / "pilots" / f"{PILOTS[2]}.toml"
    text = file.read_text()
    file.unlink()
    try:
        broker.startup("apply")
        with broker.connect("ten", password) as client:
            client.subscribe(*(f"open/v1/delft/+/{pilot}/+/state" for pilot in (PILOTS[0], PILOTS[2])))
            with broker.connect("gateway", broker.secret("gateway"), plain=True) as gateway:
                gateway.publish(f"open/v1/delft/air/{PILOTS[2]}/mast/state", b"air")
                gateway.publish(STATE, b"after it")
            assert b"air" not in {body for _, body in client.until(b"after it")}
    finally:
        file.write_text(text)


def test_a_mistake_in_a_list_of_devices_does_not_keep_an_account_from_being_revoked(broker: OpenBroker) -> None:
    broker.add("fourteen", "startup", PILOTS[0])
    (broker.folder / "devices").mkdir()
    (broker.folder / "devices" / "broken.toml").write_text("[[device]\n")
    try:
        assert "fourteen is revoked" in broker.startup("revoke", "fourteen")
    finally:
        shutil.rmtree(broker.folder / "devices")


def test_names_of_the_brokers_own_accounts_are_refused(broker: OpenBroker) -> None:
    shown = broker.startup("add", "gateway", "--tier", "public", "--pilot", PILOTS[0], code=4)
    assert "'gateway' is an account of the broker itself" in shown
    assert '"gateway"' not in (broker.broker / FILE).read_text()


def test_a_pilot_that_is_none_is_refused_with_the_one_that_was_meant(broker: OpenBroker) -> None:
    shown = broker.startup("add", "eleven", "--tier", "public", "--pilot", "parking-delf", code=1)
    assert "Did you mean 'parking-delft'?" in shown


def test_an_account_that_the_plugin_has_lost_is_told_by_name(broker: OpenBroker) -> None:
    if not (broker.broker / DYNAMIC_SECURITY).exists():
        pytest.skip("accounts in files are written whole each time")
    broker.add("twelve", "startup", PILOTS[0])
    broker.server.stop()
    file = broker.broker / DYNAMIC_SECURITY
    document = json.loads(file.read_text())
    document["clients"] = [one for one in document["clients"] if one["username"] != "twelve"]
    file.write_text(json.dumps(document))
    broker.server.start()
    assert "citygate startup rotate twelve" in broker.startup("apply", code=4)
    broker.startup("rotate", "twelve")
    broker.startup("apply")


def test_what_could_not_be_told_to_a_stopped_broker_holds_when_it_is_back(broker: OpenBroker) -> None:
    password = broker.add("thirteen", "startup", PILOTS[0])
    plugin = (broker.broker / DYNAMIC_SECURITY).exists()
    broker.server.stop()
    shown = broker.startup("revoke", "thirteen", code=4 if plugin else 0)
    assert ("Start the broker first" if plugin else "It holds when Mosquitto starts") in shown
    broker.server.start()
    broker.startup("apply")
    with broker.connect("thirteen", password) as client:
        assert client.connected == REFUSED


def test_a_broker_made_for_uplinks_is_warned_about(tmp_path: Path) -> None:
    with open_broker() as source:
        (tmp_path / "citygate.toml").write_text((source.folder / "citygate.toml").read_text())
        (tmp_path / "pilots").mkdir()
        pilot = f"{PILOTS[0]}.toml"
        (tmp_path / "pilots" / pilot).write_text((source.folder / "pilots" / pilot).read_text())
    made = CliRunner().invoke(main, ["broker", "setup", str(tmp_path / "broker"), "--owner", "0"])
    assert made.exit_code == 0, made.output
    words = ["startup", "add", "acme", "--tier", "public", "--pilot", PILOTS[0], "--config", str(tmp_path)]
    done = CliRunner().invoke(main, words)
    assert "a client can end the session of another" in done.stderr


def test_a_folder_that_is_no_brokers_is_told_how_to_become_one(tmp_path: Path) -> None:
    (tmp_path / "citygate.toml").write_text(
        '[gateway]\nid="g"\ncity="delft"\n[sources.d]\nkind="file"\npath="d"\ndialect="helium"\n'
    )
    done = CliRunner().invoke(main, ["startup", "apply", "--config", str(tmp_path)])
    assert done.exit_code == 4
    assert "citygate broker setup" in done.stderr
