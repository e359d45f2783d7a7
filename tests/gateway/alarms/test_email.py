"""E-mail before a real mail server: what arrives, and what each refusal asks for."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.alarms import email as module
from gateway.alarms.email import EmailTransport, letter_of
from gateway.alarms.notice import Line, Notice
from gateway.alarms.settings import EmailRoute
from gateway.sinks import SinkUnavailableError
from tests import servers
from tests.gateway.alarms.receivers import PASSWORD, USER, Mailbox, authenticator, certificate
from tests.gateway.road import until


def line(**more: Any) -> Line:
    fields: dict[str, Any] = {
        "word": "raised",
        "severity": "critical",
        "kind": "fire-alarm",
        "pilot": "waste-delft",
        "what": "it burns in the container",
        "mend": "Look at once.",
        "since": "2026-11-22T14:03:05Z",
        "count": 1,
        "subjects": ("bin Oude Delft 7 (waste-container/B-7)",),
    }
    return Line(**fields | more)


def notice(*lines: Line, **more: Any) -> Notice:
    fields: dict[str, Any] = {
        "id": "gw-desk-1",
        "gateway": "gw",
        "city": "delft",
        "route": "desk",
        "sent": "2026-11-22T14:03:15Z",
        "severity": "critical",
        "standing": 1,
        "lines": lines or (line(),),
    }
    return Notice(**fields | more)


def route(port: int, **more: Any) -> EmailRoute:
    fields: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": "none", "from": "citygate@delft.example"}
    return EmailRoute.model_validate(fields | {"to": ["desk@delft.example", "night@delft.example"]} | more)


def secret_in(folder: Path, text: str) -> Path:
    file = folder / "password"
    file.write_text(text + "\n")
    return file


async def test_a_message_arrives_whole_with_an_id_that_does_not_change(tmp_path: Path) -> None:
    del tmp_path
    with Mailbox().open(servers.free_port()) as box:
        transport = EmailTransport(route(box.port))
        assert await transport.send(notice()) == ""
        await transport.send(notice())
    letter = box.letters[0]
    assert letter["Subject"] == ("CRITICAL delft: bin Oude Delft 7 (waste-container/B-7): it burns in the container")
    assert letter["To"] == "desk@delft.example, night@delft.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Importance"] == "high"
    assert letter["Message-ID"] == box.letters[1]["Message-ID"] == "<gw-desk-1@delft.example>"
    assert "Look at once." in box.texts[0]


async def test_names_of_devices_cannot_add_headers() -> None:
    hostile = line(subjects=("bin\r\nBcc: everybody@delft.example\r\n\r\nhello",))
    letter = letter_of(notice(hostile), route(25))
    assert letter["Bcc"] is None
    assert "\n" not in letter["Subject"]


async def test_one_receiver_that_is_refused_is_named_and_the_others_have_it() -> None:
    with Mailbox(refused_receiver="night@delft.example").open(servers.free_port()) as box:
        assert await EmailTransport(route(box.port)).send(notice()) == "not taken for night@delft.example"
    assert len(box.letters) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_login_over_tls_with_an_authority_of_our_own(tmp_path: Path, security: str) -> None:
    context, authority = certificate(tmp_path)
    options: dict[str, Any] = {"authenticator": authenticator, "auth_required": True}
    options |= {"ssl_context": context} if security == "tls" else {"tls_context": context, "require_starttls": True}
    if security == "tls":
        options["auth_require_tls"] = False  # it counts STARTTLS only
    with Mailbox().open(servers.free_port(), **options) as box:
        login = {"security": security, "username": USER, "password_file": secret_in(tmp_path, PASSWORD)}
        await EmailTransport(route(box.port, ca_file=authority, **login)).send(notice())
        assert len(box.letters) == 1
        with pytest.raises(SinkUnavailableError, match="TLS failed") as stranger:
            await EmailTransport(route(box.port, **login)).send(notice())
        assert "ca_file" in stranger.value.mend
        secret_in(tmp_path, "wrong")
        with pytest.raises(SinkUnavailableError, match="does not let us in: 535") as refused:
            await EmailTransport(route(box.port, ca_file=authority, **login)).send(notice())
        assert "password_file" in refused.value.mend


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_password_that_cannot_be_read_or_sent_is_said_and_not_shown(tmp_path: Path) -> None:
    context, authority = certificate(tmp_path)
    file = tmp_path / "password"
    with Mailbox().open(servers.free_port(), authenticator=authenticator, tls_context=context) as box:
        one = EmailTransport(route(box.port, ca_file=authority, security="starttls", username=USER, password_file=file))
        with pytest.raises(SinkUnavailableError, match="password_file: there is no file") as missing:
            await one.send(notice())
        assert "umask 077" in missing.value.mend
        file.write_text("gehe\u00efm\n", encoding="utf-8")
        with pytest.raises(SinkUnavailableError, match="not ASCII") as unfit:
            await one.send(notice())
        assert "\u00ef" not in str(unfit.value) + unfit.value.mend + repr(unfit.value.__context__)


async def test_addresses_that_the_server_does_not_speak_are_said() -> None:
    with Mailbox().open(servers.free_port(), enable_SMTPUTF8=False) as box:
        with pytest.raises(SinkUnavailableError, match="SMTPUTF8") as error:
            await EmailTransport(route(box.port, to=["b\u00fcro@delft.example"])).send(notice())
        assert "from and to" in error.value.mend


@pytest.mark.parametrize(
    ("answer", "words", "mend"),
    [
        ("451 4.7.1 greylisted, come again", "asks to come again: 451 4.7.1 greylisted", ""),
        ("554 5.7.1 you are not welcome", "refuses the message: 554", "Check from and to"),
    ],
)
async def test_what_a_refusal_asks_for(answer: str, words: str, mend: str) -> None:
    with (
        Mailbox(answer=answer).open(servers.free_port()) as box,
        pytest.raises(SinkUnavailableError, match=words) as error,
    ):
        await EmailTransport(route(box.port)).send(notice())
    assert error.value.mend.startswith(mend)
    assert bool(error.value.mend) == bool(mend)


async def test_nobody_takes_it(tmp_path: Path) -> None:
    with Mailbox(refused_receiver="desk@delft.example").open(servers.free_port()) as box:
        one = route(box.port, to=["desk@delft.example"])
        with pytest.raises(SinkUnavailableError, match=r"none of desk@delft\.example: 550") as error:
            await EmailTransport(one).send(notice())
        assert "Check to" in error.value.mend
        with pytest.raises(SinkUnavailableError, match="STARTTLS") as none:
            await EmailTransport(route(box.port, security="starttls")).send(notice())
        assert "security" in none.value.mend
    with pytest.raises(SinkUnavailableError, match="cannot be reached"):
        await EmailTransport(one).send(notice())
    with pytest.raises(SinkUnavailableError, match="no certificate"):
        await EmailTransport(route(1, security="tls", ca_file=secret_in(tmp_path, "no"))).send(notice())


async def test_a_server_that_hangs_is_given_up_and_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEP_WITHIN_S", 0.3)
    with Mailbox(hang_s=20).open(servers.free_port()) as box:
        began = time.monotonic()
        with pytest.raises(SinkUnavailableError, match="timed out"):
            await EmailTransport(route(box.port)).send(notice())
        assert time.monotonic() - began < 15
        monkeypatch.setattr(module, "STEP_WITHIN_S", 60.0)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await EmailTransport(route(box.port)).send(notice())
        assert time.monotonic() - began < 15
        await until(lambda: not [one for one in threading.enumerate() if one.name.startswith("alarms e-mail")])
