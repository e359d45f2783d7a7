"""InfluxDB 2: organisation, bucket with retention, the v1 mapping that InfluxQL needs, and two tokens.

influxdb-client does what it is good at here: the administration interface, one call per step.
"""

# mypy: disable-error-code="no-untyped-call, attr-defined"
# influxdb-client carries few annotations; what it returns is narrowed to str and list where it is used.

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from influxdb_client import InfluxDBClient
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.domain.dbrp_create import DBRPCreate
from influxdb_client.domain.onboarding_request import OnboardingRequest
from influxdb_client.domain.permission import Permission
from influxdb_client.domain.permission_resource import PermissionResource
from influxdb_client.rest import ApiException
from influxdb_client.service.dbr_ps_service import DBRPsService
from influxdb_client.service.setup_service import SetupService
from urllib3.exceptions import HTTPError

from gateway.broker_files import write_secret
from gateway.influx_setup.prepare import ANSWER_WITHIN_S, Prepared, SetupError, Wanted

DAY_S = 86_400
POLICY = "autogen"
ADMINISTRATOR = "admin"


def prepare_v2(wanted: Wanted) -> Prepared:
    """Everything that is missing. Raises SetupError."""
    setup = _Setup(wanted)
    with InfluxDBClient(wanted.url, timeout=int(ANSWER_WITHIN_S * 1_000)) as client:
        admin = wanted.secret or setup.onboard(client)
    with InfluxDBClient(wanted.url, admin, org=wanted.org, timeout=int(ANSWER_WITHIN_S * 1_000)) as client:
        org_id = setup.organisation(client)
        bucket_id = setup.bucket(client, org_id)
        setup.mapping(client, org_id, bucket_id)
        setup.token(client, org_id, bucket_id, wanted.token_file, ("read", "write"), "gateway")
        grafana = wanted.token_file.with_name(wanted.token_file.name + "-grafana")
        setup.token(client, org_id, bucket_id, grafana, ("read",), "Grafana")
    table = (
        f'[sinks.influxdb]\nkind = "influxdb"\nurl = "{wanted.url}"\napi = "v2"\norg = "{wanted.org}"\n'
        f'bucket = "{wanted.bucket}"\ntoken_file = "{wanted.token_file.absolute()}"\n'
    )
    return Prepared("v2", tuple(setup.steps), table, tuple(setup.files))


class _Setup:
    """The steps, each harmless when repeated, and what they did."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.steps: list[str] = []
        self.files: list[Path] = []

    def onboard(self, client: InfluxDBClient) -> str:
        """The first administrator of a fresh server; his token goes to a file. Raises SetupError on a used server."""
        service = SetupService(client.api_client)
        if not _asked(service.get_setup).allowed:
            mend = "Give an administrator's token: --admin-token-file FILE (influx auth create makes one)."
            raise SetupError("this InfluxDB has an administrator already", mend)
        token, password = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        file = self.wanted.token_file.with_name(self.wanted.token_file.name + "-admin")
        self._keep(file, f"{token}\n# user {ADMINISTRATOR}, password {password}\n")
        first = OnboardingRequest(
            username=ADMINISTRATOR, password=password, org=self.wanted.org, bucket=self.wanted.bucket, token=token
        )
        _asked(lambda: service.post_setup(onboarding_request=first))
        self.steps.append(f"administrator '{ADMINISTRATOR}' made, password and token in {file}")
        return token

    def organisation(self, client: InfluxDBClient) -> str:
        """The id of the organisation, made if it is missing."""
        api = client.organizations_api()
        try:
            found = api.find_organizations(org=self.wanted.org)
        except ApiException as error:
            if error.status != 404:  # noqa: PLR2004 - no such organisation
                raise _failed(error) from error
            found = []
        if found:
            self.steps.append(f"organisation {self.wanted.org} is there")
            return str(found[0].id)
        made = _asked(lambda: api.create_organization(name=self.wanted.org))
        self.steps.append(f"organisation {self.wanted.org} made")
        return str(made.id)

    def bucket(self, client: InfluxDBClient, org_id: str) -> str:
        """The id of the bucket, made if it is missing; its retention set if one is asked for."""
        api = client.buckets_api()
        days = self.wanted.retention_days
        rules = [BucketRetentionRules(type="expire", every_seconds=(days or 0) * DAY_S)]
        found = _asked(lambda: api.find_buckets(name=self.wanted.bucket, org_id=org_id)).buckets
        kept = "" if days is None else f", kept for {days} days" if days else ", kept for ever"
        if not found:
            made = _asked(lambda: api.create_bucket(bucket_name=self.wanted.bucket, org=org_id, retention_rules=rules))
            self.steps.append(f"bucket {self.wanted.bucket} made{kept}")
            return str(made.id)
        if days is not None:
            found[0].retention_rules = rules
            _asked(lambda: api.update_bucket(bucket=found[0]))
        self.steps.append(f"bucket {self.wanted.bucket} is there{kept}")
        return str(found[0].id)

    def mapping(self, client: InfluxDBClient, org_id: str, bucket_id: str) -> None:
        """InfluxQL asks for a database: let the bucket's name be one. Grafana's dashboards need it."""
        service = DBRPsService(client.api_client)
        found = _asked(lambda: service.get_dbr_ps(org_id=org_id, bucket_id=bucket_id, db=self.wanted.bucket)).content
        if any(not mapping.virtual for mapping in found or ()):
            self.steps.append(f"database {self.wanted.bucket} is mapped to the bucket")
            return
        wanted = DBRPCreate(
            org_id=org_id, bucket_id=bucket_id, database=self.wanted.bucket, retention_policy=POLICY, default=True
        )
        _asked(lambda: service.post_dbrp(dbrp_create=wanted))
        self.steps.append(f"database {self.wanted.bucket} mapped to the bucket, for InfluxQL")

    def token(  # noqa: PLR0917 - six plain words of one step
        self, client: InfluxDBClient, org_id: str, bucket_id: str, file: Path, actions: tuple[str, ...], whose: str
    ) -> None:
        """A token for this bucket only, unless its file is there already."""
        if file.exists():
            self.steps.append(f"token of {whose} is in {file}")
            return
        resource = PermissionResource(type="buckets", id=bucket_id, org_id=org_id)
        allowed = [Permission(action=action, resource=resource) for action in actions]
        made = _asked(lambda: client.authorizations_api().create_authorization(org_id=org_id, permissions=allowed))
        self._keep(file, f"{made.token}\n")
        self.steps.append(f"token of {whose} ({' and '.join(actions)}, this bucket only) in {file}")

    def _keep(self, file: Path, text: str) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_secret(file, text)
        except OSError as error:
            raise SetupError(
                f"{file} cannot be written: {error.strerror}", "Name another with --token-file."
            ) from error
        self.files.append(file)


def _asked(call: Callable[[], Any]) -> Any:
    """One question to the server. Raises SetupError in its words."""
    try:
        return call()
    except ApiException as error:
        raise _failed(error) from error
    except InfluxDBError as error:
        raise SetupError(f"InfluxDB's client said: {error}") from error
    except HTTPError as error:
        raise SetupError(f"InfluxDB does not answer: {error}", "Is it running?") from error


def _failed(error: ApiException) -> SetupError:
    mend = "Give an administrator's token: --admin-token-file FILE" if error.status in (401, 403) else ""
    return SetupError(f"InfluxDB said {error.status}: {str(error.body or error.reason)[:200]}", mend)
