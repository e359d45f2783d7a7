"""Pushing to a scripted Grafana (see its file: no package holds the real one)."""

import json
from collections.abc import Iterator

import pytest

from gateway.grafana.client import HttpGrafana
from gateway.grafana.layouts import LAYOUTS
from gateway.grafana.pages import page_uid, pages_of
from gateway.grafana.push import PushError, Step, push, same
from tests import servers
from tests.gateway.grafana.scripted_grafana import INFLUX, TOKEN, Mood, ScriptedGrafana, scripted_grafana

pytest.importorskip("grafana_client", reason="needs the extra grafana")


@pytest.fixture
def grafana() -> Iterator[ScriptedGrafana]:
    with scripted_grafana() as server:
        yield server


def pushed(grafana: ScriptedGrafana, city: str = "delft", source_uid: str | None = None) -> list[Step]:
    return pushed_to(grafana.url + grafana.prefix, city, source_uid)


def pushed_to(
    url: str, city: str = "delft", source_uid: str | None = None, *, token: str = TOKEN, timeout_s: float = 15.0
) -> list[Step]:
    with HttpGrafana(url, token, timeout_s=timeout_s) as server:
        return push(server, city, source_uid)


def done(steps: list[Step]) -> dict[str, int]:
    words = [step.done for step in steps]
    return {word: words.count(word) for word in dict.fromkeys(words)}


def test_the_first_push_makes_a_folder_and_every_page_and_the_second_changes_nothing(grafana: ScriptedGrafana) -> None:
    assert done(pushed(grafana)) == {"created": len(LAYOUTS) + 1}
    assert grafana.folders["citygate-delft"]["title"] == "Delft"
    assert {page["meta"]["folderUid"] for page in grafana.pages.values()} == {"citygate-delft"}
    writes = grafana.writes
    assert done(pushed(grafana)) == {"unchanged": len(LAYOUTS) + 1}
    assert grafana.writes == writes


def test_only_the_page_that_somebody_changed_is_put_back(grafana: ScriptedGrafana) -> None:
    pushed(grafana)
    uid = page_uid("delft", "waste")
    grafana.pages[uid]["dashboard"]["panels"][1]["title"] = "Mine now"
    assert [step for step in pushed(grafana) if step.done != "unchanged"] == [Step("updated", "Waste")]
    assert "Mine now" not in json.dumps(grafana.pages[uid])


def test_a_page_in_another_folder_comes_back(grafana: ScriptedGrafana) -> None:
    pushed(grafana)
    grafana.pages[page_uid("delft", "water")]["meta"]["folderUid"] = "elsewhere"
    assert done(pushed(grafana))["updated"] == 1


def test_two_cities_have_pages_of_their_own(grafana: ScriptedGrafana) -> None:
    pushed(grafana, "delft")
    assert done(pushed(grafana, "st-truiden")) == {"created": len(LAYOUTS) + 1}
    assert grafana.folders["citygate-st-truiden"]["title"] == "St Truiden"
    assert len(grafana.pages) == 2 * len(LAYOUTS)
    assert done(pushed(grafana, "delft")) == {"unchanged": len(LAYOUTS) + 1}


def test_a_grafana_below_a_sub_path_is_found(grafana: ScriptedGrafana) -> None:
    grafana.prefix = "/grafana"
    assert done(pushed(grafana))["created"] == len(LAYOUTS) + 1


def test_the_pages_ask_the_data_source_that_was_chosen(grafana: ScriptedGrafana) -> None:
    grafana.sources = [INFLUX, {**INFLUX, "uid": "second", "name": "Second"}]
    with pytest.raises(PushError, match="several InfluxDB data sources: citygate") as several:
        pushed(grafana)
    assert "--datasource" in several.value.mend
    pushed(grafana, source_uid="second")
    text = json.dumps(grafana.pages)
    assert '"uid": "citygate"' not in text
    assert "%22citygate%22" not in text
    assert '"uid": "second"' in text


@pytest.mark.parametrize(
    ("sources", "source_uid", "why"),
    [
        ([], None, "no InfluxDB data source"),
        ([INFLUX], "wrong", "it has citygate"),
        ([], "wrong", "no InfluxDB at all"),
    ],
)
def test_a_data_source_that_is_not_there_is_named(
    grafana: ScriptedGrafana, sources: list[dict[str, object]], source_uid: str | None, why: str
) -> None:
    grafana.sources = sources
    with pytest.raises(PushError, match=why) as error:
        pushed(grafana, source_uid=source_uid)
    assert error.value.mend
    assert grafana.writes == 0


@pytest.mark.parametrize(
    ("mood", "why", "mend"),
    [
        ("html", "not as a Grafana does", "login page"),
        ("elsewhere", "404", "address of a Grafana"),
        ("not json", "not in JSON", "address of a Grafana"),
        ("forbids writing", "403", "Editor"),
    ],
)
def test_a_server_that_is_none_or_refuses_is_told_in_words(
    grafana: ScriptedGrafana, mood: Mood, why: str, mend: str
) -> None:
    grafana.mood = mood
    with pytest.raises(PushError, match=why) as error:
        pushed(grafana)
    assert mend in error.value.mend


def test_a_404_page_of_a_web_server_is_no_missing_folder(grafana: ScriptedGrafana) -> None:
    grafana.mood = "elsewhere"
    with HttpGrafana(grafana.url, TOKEN) as server, pytest.raises(PushError):
        server.folder("citygate-delft")


def test_a_wrong_token_says_where_to_make_one(grafana: ScriptedGrafana) -> None:
    with pytest.raises(PushError, match="401") as error:
        pushed_to(grafana.url, token="wrong")
    assert "service account" in error.value.mend


def test_a_server_that_takes_too_long_is_given_up(grafana: ScriptedGrafana) -> None:
    grafana.mood = "slow"
    with pytest.raises(PushError, match="in time"):
        pushed_to(grafana.url, timeout_s=0.3)


def test_nobody_at_the_address_is_told() -> None:
    with pytest.raises(PushError, match=r"does not answer: Connection refused$"):
        pushed_to(f"http://127.0.0.1:{servers.free_port()}")


def test_a_server_without_tls_behind_https_is_told(grafana: ScriptedGrafana) -> None:
    with pytest.raises(PushError, match="TLS") as error:
        pushed_to(grafana.url.replace("http://", "https://"))
    assert "http://" in error.value.mend


@pytest.mark.parametrize("url", ["grafana.example.org", "ftp://host", "http://", "http://host:port"])
def test_what_is_no_address_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(PushError, match="is no address"):
        HttpGrafana(url, TOKEN)


@pytest.mark.parametrize("more", ["ann:s3cret@host", "host/?kiosk=s3cret", "host/#s3cret"])
def test_an_address_with_secrets_or_a_page_is_refused_and_not_repeated(more: str) -> None:
    with pytest.raises(PushError, match="more than host") as error:
        HttpGrafana(f"http://{more}", TOKEN)
    assert "s3cret" not in str(error.value) + error.value.mend


def test_what_grafana_adds_is_no_difference_and_what_it_drops_is() -> None:
    assert same({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2, "c": 3}], "id": 7})
    assert not same({"a": [1]}, {"a": [1, 2]})
    assert not same({"a": None}, {})
    assert not same({"a": 1}, {"a": [1]})


def test_a_citys_pages_link_to_each_other_and_choose_it() -> None:
    pages = pages_of("delft")
    uids = {page["uid"] for page in pages}
    assert all(uid.startswith("citygate-delft-") for uid in uids)
    for page in pages:
        linked = {part.partition("?")[0] for part in json.dumps(page).split('"/d/')[1:]}
        assert linked <= uids
        assert [link["tags"] for link in page["links"]] == [["citygate-delft"]]
        (city,) = [one for one in page["templating"]["list"] if one["name"] == "city"]
        assert city["current"]["value"] == "delft"


def test_long_names_stay_apart_and_short_enough() -> None:
    long = ["a-city-with-a-name-that-goes-on-and-on-north", "a-city-with-a-name-that-goes-on-and-on-south"]
    uids = [page["uid"] for city in long for page in pages_of(city)]
    assert len(set(uids)) == len(uids)
    assert max(map(len, uids)) <= 40
