# ruff: noqa: INP001 - a script that a container runs, no module of a package
"""Print a token of InfluxDB 2 that can only read the gateway's bucket: for Grafana, whose users may write any query.

Takes address and names from the InfluxDB sink of citygate.toml, and the administrator's token from the file that
``citygate influx setup`` left beside the gateway's.
"""

import argparse
import sys
from pathlib import Path

from influxdb_client import Authorization, InfluxDBClient, Permission, PermissionResource

from gateway.config import find_config, load_config
from gateway.sinks.influxdb.settings import InfluxdbSettings


def reader_token(settings: InfluxdbSettings) -> str:
    """Make the token. Raises OSError without the administrator's file, ApiException where the server refuses."""
    assert settings.token_file is not None, "the sink has a token_file: citygate influx setup asked for it"
    admin = Path(f"{settings.token_file}.admin").read_text(encoding="utf-8").split()[0]
    with InfluxDBClient(settings.url, admin, org=settings.org) as client:
        (bucket,) = client.buckets_api().find_buckets(name=settings.bucket).buckets
        resource = PermissionResource(type="buckets", id=bucket.id, org_id=bucket.org_id)
        permissions = [Permission(action="read", resource=resource)]
        wanted = Authorization(org_id=bucket.org_id, permissions=permissions, description="Grafana, reads only")
        token: str = client.authorizations_api().create_authorization(authorization=wanted).token
        return token


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True, help="citygate.toml or its folder")
    sinks = load_config(find_config(parser.parse_args().config)).sinks.values()
    (found,) = [sink.settings for sink in sinks if isinstance(sink.settings, InfluxdbSettings)]
    sys.stdout.write(reader_token(found) + "\n")
