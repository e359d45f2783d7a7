"""InfluxDB 3 Core: a database with its retention. Its administrator makes tokens: `influxdb3 create token`."""

import msgspec

from gateway.influx_setup.prepare import Prepared, SetupError, Wanted, request

THERE_ALREADY = 409


def prepare_v3(wanted: Wanted) -> Prepared:
    """Make the database if it is missing. Raises SetupError."""
    question: dict[str, str] = {"db": wanted.bucket}
    if wanted.retention_days:
        question["retention_period"] = f"{wanted.retention_days}d"
    headers = {"content-type": "application/json"}
    if wanted.secret:
        headers["authorization"] = f"Bearer {wanted.secret}"
    url = f"{wanted.url.rstrip('/')}/api/v3/configure/database"
    status, _, body = request("POST", url, msgspec.json.encode(question), headers)
    if status in (401, 403):
        mend = "Give an administrator's token: --admin-token-file FILE (influxdb3 create token --admin)."
        raise SetupError(f"InfluxDB does not let us in ({status})", mend)
    if status not in (200, 201, 204, THERE_ALREADY):
        raise SetupError(f"InfluxDB said {status}: {body[:200].decode(errors='replace')}")
    done = "is there, its retention as it was" if status == THERE_ALREADY else "made"
    table = (
        f'[sinks.influxdb]\nkind = "influxdb"\nurl = "{wanted.url}"\napi = "v3"\ndatabase = "{wanted.bucket}"\n'
        f'token_file = "{wanted.token_file.absolute()}"\n'
    )
    return Prepared("v3", (f"database {wanted.bucket} {done}",), table)
