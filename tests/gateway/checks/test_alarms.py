"""``citygate check`` on alarms: reaches every route, logs in, and tells nobody anything."""

from pathlib import Path
from typing import Any

from gateway.check import check
from gateway.checks.finding import Finding
from tests import servers
from tests.gateway.alarms.receivers import PASSWORD, USER, Hook, Mailbox, authenticator, certificate
from tests.gateway.whole import line, write_files


def of_alarms(findings: Any) -> list[Finding]:
    return [finding for finding in findings if finding.what.startswith("alarms")]


def email(port: int, *more: str) -> str:
    head = f'[alarms.routes.desk]\nkind = "email"\nhost = "127.0.0.1"\nport = {port}\n'
    return head + 'from = "c@d.example"\nto = ["e@d.example"]\n' + "\n".join(more)


def test_a_route_that_answers_is_ok_and_is_told_nothing(tmp_path: Path) -> None:
    context, authority = certificate(tmp_path)
    (tmp_path / "p").write_text(PASSWORD)
    (tmp_path / "p").chmod(0o600)
    login = (f'username = "{USER}"', 'password_file = "p"', f'ca_file = "{authority}"')
    with Mailbox().open(servers.free_port(), tls_context=context, authenticator=authenticator) as box:
        write_files(tmp_path, [line(1)], email(box.port, *login))
        assert [(one.level, one.what) for one in of_alarms(check(tmp_path / "citygate.toml"))] == [
            ("ok", "alarms.routes.desk.password_file"),
            ("ok", "alarms.routes.desk"),
        ]
        (tmp_path / "p").write_text("wrong")
        found = of_alarms(check(tmp_path / "citygate.toml"))[-1]
        assert (found.level, "does not let us in: 535" in found.found) == ("error", True)
        assert "password_file" in found.mend
    assert box.letters == []


async def test_a_far_side_that_is_away_is_a_warning_and_a_name_that_nobody_knows_is_told(tmp_path: Path) -> None:
    import asyncio  # noqa: PLC0415 - the check runs a loop of its own, beside the hook's

    async with Hook().open() as hook:
        tables = (
            '[alarms]\nmuted = ["weather-station/s99"]\nnot = ["fire"]\n',
            email(servers.free_port(), 'pilots = ["recording"]'),
            f'[alarms.routes.hook]\nkind = "webhook"\nurl = "http://127.0.0.1:{hook.port}/x"\n',
            f'[alarms.routes.gone]\nkind = "webhook"\nurl = "http://127.0.0.1:{servers.free_port()}/x"\n',
            f'[alarms.routes.board]\nkind = "mqtt"\nurl = "mqtt://127.0.0.1:{servers.free_port()}"\n',
        )
        write_files(tmp_path, [line(1)], *tables)
        found = of_alarms(await asyncio.to_thread(check, tmp_path / "citygate.toml"))
    told = {(one.level, one.what): one for one in found}
    assert set(told) == {
        ("warning", "alarms.muted"),
        ("warning", "alarms.not"),
        ("error", "alarms.routes.desk.pilots"),
        ("warning", "alarms.routes.desk"),
        ("ok", "alarms.routes.hook"),
        ("warning", "alarms.routes.gone"),
        ("warning", "alarms.routes.board"),
    }
    assert "recordings" in told["error", "alarms.routes.desk.pilots"].mend
    assert hook.requests == []
