"""A webhook before a real web server: what it is sent, and what each answer asks for."""

import hmac
import json
from pathlib import Path

import pytest

from gateway.alarms import webhook as module
from gateway.alarms.settings import WebhookRoute
from gateway.alarms.webhook import WebhookTransport
from gateway.http.client import Timeouts
from gateway.sinks import SinkUnavailableError
from tests import servers
from tests.gateway.alarms.receivers import Hook, certificate
from tests.gateway.alarms.test_email import notice, secret_in


def transport(port: int, *, scheme: str = "http", path: str = "/in?key=1", **more: object) -> WebhookTransport:
    url = f"{scheme}://127.0.0.1:{port}{path}"
    return WebhookTransport(WebhookRoute.model_validate({"url": url} | more))


async def test_the_body_is_as_written_down_and_signed(tmp_path: Path) -> None:
    async with Hook().open() as hook:
        one = transport(hook.port, secret_file=secret_in(tmp_path, "key"))
        assert await one.send(notice()) == "204"
    fields, content = hook.requests[0]
    assert (fields[":target"], fields["content-type"]) == ("/in?key=1", "application/json")
    assert fields["idempotency-key"] == "gw-desk-1"
    signed = fields["x-citygate-time"].encode() + b"." + content
    assert fields["x-citygate-signature"] == "sha256=" + hmac.new(b"key", signed, "sha256").hexdigest()
    said = json.loads(content)
    assert said.pop("text").startswith("Citygate gw, delft\n\nWRONG\n- bin Oude Delft 7")
    assert said == {
        "version": 1,
        "id": "gw-desk-1",
        "gateway": "gw",
        "city": "delft",
        "route": "desk",
        "sent": "2026-11-22T14:03:15Z",
        "test": False,
        "again": False,
        "severity": "critical",
        "standing": 1,
        "subject": "CRITICAL delft: bin Oude Delft 7 (waste-container/B-7): it burns in the container",
        "lines": [
            {
                "word": "raised",
                "severity": "critical",
                "kind": "fire-alarm",
                "pilot": "waste-delft",
                "what": "it burns in the container",
                "mend": "Look at once.",
                "since": "2026-11-22T14:03:05Z",
                "count": 1,
                "subjects": ["bin Oude Delft 7 (waste-container/B-7)"],
            }
        ],
        "more_lines": 0,
        "held_until": "",
    }
    assert "key=1" not in one.address


@pytest.mark.parametrize(
    ("status", "headers", "words", "mend", "wait_s"),
    [
        (500, "", "answers 500", "", None),
        (503, "retry-after: 120\r\n", "answers 503", "", 120.0),
        (429, "retry-after: 99999\r\n", "answers 429", "", 3_600.0),
        (429, "retry-after: tomorrow\r\n", "answers 429", "", None),
        (301, "location: https://elsewhere.example/x\r\n", "points to 'https://elsewhere.example/x'", "url", None),
        (401, "", "answers 401", "secret_file", None),
        (422, "", "answers 422", "words say why", None),
    ],
)
async def test_what_an_answer_asks_for(status: int, headers: str, words: str, mend: str, wait_s: float | None) -> None:
    async with Hook(status=status, headers=headers).open() as hook:
        with pytest.raises(SinkUnavailableError, match=words) as error:
            await transport(hook.port).send(notice())
    assert error.value.retry_after_s == wait_s
    assert mend in error.value.mend
    assert bool(mend) == bool(error.value.mend)
    assert len(hook.requests) == 1


async def test_certificates_are_checked(tmp_path: Path) -> None:
    context, authority = certificate(tmp_path)
    async with Hook().open(tls=context) as hook:
        await transport(hook.port, scheme="https", ca_file=authority).send(notice())
        with pytest.raises(SinkUnavailableError, match="certificate verify failed"):
            await transport(hook.port, scheme="https").send(notice())
    assert len(hook.requests) == 1


async def test_who_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "WITHIN", Timeouts(0.3, 0.3))
    async with Hook(hang_s=20).open() as hook:
        with pytest.raises(SinkUnavailableError, match="no whole answer"):
            await transport(hook.port).send(notice())
    with pytest.raises(SinkUnavailableError, match="cannot connect"):
        await transport(servers.free_port()).send(notice())
    with pytest.raises(SinkUnavailableError, match="secret_file"):
        await transport(1, secret_file=tmp_path / "none").send(notice())
    with pytest.raises(SinkUnavailableError, match="ca_file"):
        await transport(1, scheme="https", ca_file=tmp_path / "none").send(notice())
