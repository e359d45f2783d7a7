"""Dashboards and provisioning files into a folder, for a Grafana that reads files.

    DIR/dashboards/<city>/*.json               a folder of the city's name in Grafana
    DIR/provisioning/{datasources,dashboards,alerting}/citygate.yaml

Several cities go into one DIR, one after the other. Alert rules watch the whole database, so there is one file of them:
its links lead to the pages of the city that was written last.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from gateway.deploy_files import deploy_dir
from gateway.grafana.pages import SHIPPED_SOURCE, folder_of, page_uid, pages_of
from gateway.grafana.push import Step

PROVIDER = """\
# Each folder below dashboards/ becomes a folder of Grafana's: one a city.
apiVersion: 1
providers:
  - name: citygate
    type: file
    disableDeletion: true
    allowUiUpdates: false
    options:
      path: /etc/grafana/dashboards
      foldersFromFilesStructure: true
"""

_SOURCE = re.compile(rf"(?m)^( +(?:datasourceUid|uid): ){SHIPPED_SOURCE}$")
_PAGE = re.compile(r"(?m)^( +dashboardUid: )citygate-(\S+)$")


def export(folder: Path, city: str, source_uid: str = SHIPPED_SOURCE) -> list[Step]:
    """Write what differs. Raises OSError."""
    return [_write(folder / name, text, name) for name, text in _files(city, source_uid).items()]


def _files(city: str, source_uid: str) -> Mapping[str, str]:
    shipped = deploy_dir() / "grafana" / "provisioning"
    title = folder_of(city).title
    found = {
        f"dashboards/{title}/{page['uid']}.json": json.dumps(page, indent=1, ensure_ascii=False) + "\n"
        for page in pages_of(city, source_uid)
    }
    found["provisioning/dashboards/citygate.yaml"] = PROVIDER
    alerting = (shipped / "alerting" / "citygate.yaml").read_text(encoding="utf-8")
    alerting = _SOURCE.sub(lambda line: line[1] + source_uid, alerting)
    found["provisioning/alerting/citygate.yaml"] = _PAGE.sub(lambda line: line[1] + page_uid(city, line[2]), alerting)
    if source_uid == SHIPPED_SOURCE:  # else there is one already
        source = shipped / "datasources" / "citygate.yaml"
        found["provisioning/datasources/citygate.yaml"] = source.read_text(encoding="utf-8")
    return found


def _write(file: Path, text: str, name: str) -> Step:
    try:
        before = file.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        before = None
    if before == text:
        return Step("unchanged", name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return Step("created" if before is None else "updated", name)
