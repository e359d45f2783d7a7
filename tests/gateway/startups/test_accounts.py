"""The accounts on record: what may be done to them, and what the file holds."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gateway.startups.accounts import (
    FILE,
    Account,
    AccountError,
    Accounts,
    one_command_at_a_time,
    read_accounts,
    write_accounts,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PILOTS = ("parking-delft",)


def accounts_with(name: str = "acme", *, expires: date | None = None) -> tuple[Accounts, str]:
    accounts = Accounts([])
    _, password = accounts.add(name, "startup", PILOTS, expires=expires, now=NOW)
    return accounts, password


def test_the_file_holds_a_hash_and_never_the_password(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    accounts, password = accounts_with()
    write_accounts(tmp_path, accounts)
    text = (tmp_path / FILE).read_text()
    assert password not in text
    assert json.loads(text)["accounts"][0]["password_hash"].startswith("$7$20000$")
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert read_accounts(tmp_path).by_name == accounts.by_name


def test_an_account_works_on_its_last_day_and_not_on_the_next() -> None:
    accounts, _ = accounts_with(expires=date(2026, 12, 31))
    assert [one.name for one in accounts.active(date(2026, 12, 31))] == ["acme"]
    assert accounts.active(date(2027, 1, 1)) == []
    assert accounts.by_name["acme"].standing(date(2027, 1, 1)) == "expired"


def test_a_revoked_account_loses_its_hash_and_its_name_is_not_given_again() -> None:
    accounts, _ = accounts_with()
    assert accounts.revoke("acme", now=NOW).password_hash == ""
    assert accounts.active(NOW.date()) == []
    with pytest.raises(AccountError, match="already"):
        accounts.add("acme", "public", PILOTS, expires=None, now=NOW)
    for act in (lambda: accounts.rotate("acme", expires=None, now=NOW), lambda: accounts.revoke("acme", now=NOW)):
        with pytest.raises(AccountError, match="was revoked"):
            act()


def test_rotating_makes_another_password_and_hash_and_may_move_the_last_day() -> None:
    accounts, first = accounts_with(expires=date(2026, 12, 31))
    before = accounts.by_name["acme"]
    after, second = accounts.rotate("acme", expires=date(2027, 6, 30), now=NOW)
    assert second != first
    assert after.password_hash != before.password_hash
    assert (after.expires, after.rotated_at, after.tier) == (date(2027, 6, 30), NOW, "startup")


def test_an_expired_account_is_rotated_only_with_a_new_last_day() -> None:
    old = Account("acme", "startup", PILOTS, NOW, "$7$…", date(2026, 11, 21))
    with pytest.raises(AccountError, match="has expired") as caught:
        Accounts([old]).rotate("acme", expires=None, now=NOW)
    assert "--expires" in caught.value.mend
    after, _ = Accounts([old]).rotate("acme", expires=date(2027, 1, 1), now=NOW)
    assert after.standing(NOW.date()) == "active"


@pytest.mark.parametrize(
    "name", ["", "Acme", "a b", "a:b", "a\nuser gateway", "-a", "ü", "x" * 64, "citygate-gw-1-open"]
)
def test_a_name_that_could_be_taken_for_something_else_is_refused(name: str) -> None:
    with pytest.raises(AccountError, match="is not a name"):
        Accounts([]).add(name, "public", PILOTS, expires=None, now=NOW)


def test_a_last_day_that_is_over_is_refused() -> None:
    with pytest.raises(AccountError, match="2026-11-21 is over"):
        accounts_with(expires=date(2026, 11, 21))


@pytest.mark.parametrize("content", ["", "{", '{"version":1,"accounts":[{"name":"a"}]}', '{"version":9,"accounts":[]}'])
def test_a_file_that_cannot_be_read_stops_everything(tmp_path: Path, content: str) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / FILE).write_text(content)
    with pytest.raises(AccountError, match=r"cannot be read|of version 9"):
        read_accounts(tmp_path)
    assert (tmp_path / FILE).read_text() == content


def test_what_fails_within_a_command_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    accounts, _ = accounts_with()
    with one_command_at_a_time(tmp_path):
        write_accounts(tmp_path, accounts)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(AccountError), one_command_at_a_time(tmp_path):
        read_accounts(tmp_path).revoke("nobody", now=NOW)
    assert (tmp_path / FILE).read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "secrets").iterdir()) == ["startups.json", "startups.lock"]
