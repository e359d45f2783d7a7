"""``[alarms]``: what a person may write, and how each mistake is told."""

from pathlib import Path

import pytest

from gateway.alarms.settings import EmailRoute, MqttRoute, WebhookRoute
from gateway.config import ALARMS, Config, load_config
from gateway.files.mistakes import ConfigError

HEAD = """
[gateway]
id = "gw-1"
city = "delft"
[sources.s]
kind = "mqtt"
url = "mqtt://localhost"
client_id = "x"
topics = ["#"]
dialect = "helium"
"""
EMAIL = '[alarms.routes.desk]\nkind = "email"\nhost = "mail.example"\nfrom = "c@d.example"\nto = ["e@d.example"]\n'


def loaded(folder: Path, text: str) -> Config:
    (folder / "citygate.toml").write_text(HEAD + text)
    return load_config(folder / "citygate.toml")


def test_a_route_brings_its_sink_and_without_one_there_is_none(tmp_path: Path) -> None:
    assert ALARMS not in loaded(tmp_path, "[alarms]\n").sinks
    config = loaded(tmp_path, EMAIL + 'username = "u"\npassword_file = "secrets/p"\n')
    assert config.sinks[ALARMS].start == "now"
    settings = config.routes["desk"].settings
    assert isinstance(settings, EmailRoute)
    assert settings.password_file == tmp_path / "secrets/p"
    assert settings.address == ("mail.example", 587)
    assert ALARMS not in loaded(tmp_path, "[alarms]\nenabled = false\n" + EMAIL).sinks


def test_a_sink_of_that_name_keeps_it(tmp_path: Path) -> None:
    config = loaded(tmp_path, EMAIL + '[sinks.alarms]\nkind = "store"\n')
    assert (config.sinks["alarms"].kind, config.sinks["default-alarms"].kind) == ("store", ALARMS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[alarms.routes.desk]\nhost = "x"\n', "alarms.routes.desk.kind: missing"),
        ('[alarms.routes.desk]\nkind = "emial"\n', "Did you mean 'email'?"),
        ("[alarms]\nroutes = { desk = 1 }\n", "a route is a table"),
        (EMAIL + "prot = 25\n", "Did you mean 'port'?"),
        (EMAIL.replace('["e@d.example"]', '["nobody"]'), "does not have the right form"),
        (EMAIL.replace('["e@d.example"]', '["Desk <e@d>"]'), 'Write it like ["desk@my-city.example"]'),
        (EMAIL.replace('"c@d.example"', '"Gateway <c@d>"'), 'Write it like "citygate@my-city.example"'),
        (EMAIL + 'username = "u"\n', "username and password_file belong together"),
        (EMAIL + 'security = "none"\nusername = "u"\npassword_file = "p"\n', "over an open line"),
        (EMAIL + 'security = "none"\nca_file = "p"\n', "ca_file needs TLS"),
        (EMAIL + 'severity = "bad"\n', "'bad' is not one of them"),
        (EMAIL + 'only = ["fire_alarm"]\n', "does not have the right form"),
        ('[alarms.routes.h]\nkind = "webhook"\nurl = "ftp://x"\n', "write https://host/path"),
        ('[alarms.routes.h]\nkind = "webhook"\nurl = "https://u:p@x/"\n', "no user or password in the address"),
        ('[alarms.routes.h]\nkind = "webhook"\nurl = "http://x/"\nca_file = "c"\n', "ca_file needs TLS"),
        ('[alarms.routes.m]\nkind = "mqtt"\nurl = "http://x"\n', "write mqtt://host:1883"),
        ('[alarms.routes.m]\nkind = "mqtt"\nurl = "mqtt://x"\ntopic = "a/#"\n', "does not have the right form"),
        ('[alarms.routes.m]\nkind = "mqtt"\nurl = "mqtt://x"\npassword_file = "p"\n', "password_file needs username"),
        ('[alarms.routes.m]\nkind = "mqtt"\nurl = "mqtt://x"\nca_file = "p"\n', "need TLS"),
        ('[alarms.routes.m]\nkind = "mqtt"\nurl = "mqtts://x"\nkey_file = "p"\n', "key_file needs cert_file"),
        ("[alarms]\nper_hour = 0\n", "alarms.per_hour"),
        ("[alarms]\nwindow = 5\n", "Did you mean 'window_min'?"),
    ],
)
def test_a_mistake_says_where_and_how_to_mend_it(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, text)
    assert said in "\n".join(map(str, error.value.mistakes))


def test_every_kind_of_route_has_the_keys_that_choose() -> None:
    for model in (EmailRoute, WebhookRoute, MqttRoute):
        assert {"severity", "only", "but", "pilots"} <= set(model.model_fields)
