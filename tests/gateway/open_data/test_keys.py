"""Who comes in with which key, and how often anybody may ask."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.events import Events
from gateway.open_data.keys import PUBLIC, Keys, matches
from gateway.open_data.limits import MOST_CALLERS, Allowance, Downloads
from gateway.open_data.problems import Problem
from gateway.startups.accounts import FILE, Accounts, write_accounts
from tests.gateway.open_data.small_city import PILOT, asked, of_city, write

NOW = datetime(2026, 11, 3, tzinfo=UTC)
PATH = f"/open/v1/{PILOT}/aggregates.csv"


def given_out(**more: Any) -> tuple[Accounts, str]:
    accounts = Accounts([])
    _, password = accounts.add("acme", "startup", (PILOT,), **{"expires": date(2026, 12, 31), "now": NOW, **more})
    return accounts, f"Bearer acme.{password}"


def test_an_account_of_the_broker_is_a_key_here() -> None:
    accounts, header = given_out()
    keys = Keys(accounts.by_name.get, NOW.date)
    for _ in range(2):
        grant = keys.grant(header)
        assert (grant.name, grant.tier_for(PILOT), grant.tier_for("another")) == ("acme", "startup", "public")
    assert keys.is_remembered(header)
    assert keys.grant(None) == PUBLIC


def test_a_key_ends_with_its_account_even_when_it_is_remembered() -> None:
    accounts, header = given_out()
    today = [NOW.date()]
    keys = Keys(accounts.by_name.get, lambda: today[0])
    assert keys.grant(header).name == "acme"
    today[0] = date(2027, 1, 1)
    with pytest.raises(Problem, match="over"):
        keys.grant(header)
    today[0] = NOW.date()
    accounts.rotate("acme", expires=None, now=NOW)
    with pytest.raises(Problem, match="wrong"):
        keys.grant(header)
    accounts, header = given_out()
    keys = Keys(accounts.by_name.get, NOW.date)
    assert keys.grant(header)
    accounts.revoke("acme", now=NOW)
    with pytest.raises(Problem, match="revoked"):
        keys.grant(header)


ACCOUNTS, _ = given_out()


@given(st.text(max_size=300))
def test_no_other_words_come_in(text: str) -> None:
    keys = Keys(ACCOUNTS.by_name.get, NOW.date)
    with pytest.raises(Problem) as refused:
        keys.grant(text)
    assert refused.value.status == 401
    assert "acme" not in refused.value.what


@given(st.text(max_size=120))
def test_no_hash_but_a_real_one_matches(text: str) -> None:
    assert not matches(text, "password")
    assert not matches("$7$1$" + text, "password")


def test_whoever_tries_keys_is_soon_refused_without_trying(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    write(file, of_city()[:1])
    with asked(file) as asker:
        statuses = [asker.get(PATH, key=f"startup.guess-{n}").status_code for n in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        answer = asker.get(PATH, key="startup.guess")
        assert int(answer.headers["retry-after"]) >= 1
        assert asker.get(PATH).status_code == 200, "without a key it goes on"


def test_an_allowance_fills_again_and_is_each_callers_own() -> None:
    now = [0]
    allowance = Allowance(lambda: now[0])
    for _ in range(60):
        allowance.spend("a", 60)
    with pytest.raises(Problem) as refused:
        allowance.spend("a", 60)
    assert (refused.value.status, refused.value.retry_s) == (429, 1)
    allowance.spend("b", 60)
    now[0] += 10**9
    allowance.spend("a", 60)
    for number in range(2 * MOST_CALLERS):
        allowance.spend(f"c{number}", 60)
    assert len(allowance._left) == MOST_CALLERS


def test_one_caller_has_at_most_half_of_the_downloads() -> None:
    downloads = Downloads(4)
    downloads.take("a")
    downloads.take("a")
    with pytest.raises(Problem, match="of yours"):
        downloads.take("a")
    downloads.take("b")
    downloads.take("c")
    with pytest.raises(Problem, match="4 downloads"):
        downloads.take("d")
    downloads.give_back("a")
    downloads.take("d")
    assert downloads.under_way == 4


def test_accounts_are_read_again_when_their_file_changes(tmp_path: Path) -> None:
    from gateway.open_data.server import accounts_in  # noqa: PLC0415 - imports the whole server

    (tmp_path / "secrets").mkdir()
    events = Events()
    find = accounts_in(tmp_path / FILE, events)
    assert find("acme") is None
    accounts = Accounts([])
    accounts.add("acme", "public", ("all",), expires=None, now=NOW)
    write_accounts(tmp_path, accounts)
    found = find("acme")
    assert found is not None
    assert found.standing(NOW.date()) == "active"
    accounts.revoke("acme", now=NOW)
    write_accounts(tmp_path, accounts)
    found = find("acme")
    assert found is not None
    assert found.standing(NOW.date()) == "revoked"
    (tmp_path / "secrets" / "startups.json").write_text("{")
    assert find("acme") is None
    assert find("acme") is None
    assert events.counts["KeysUnreadable"] == 1, "told once, not with every question"
