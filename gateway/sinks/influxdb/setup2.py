"""Set-up of an InfluxDB 2 through influxdb-client: imported only by set-up, because it costs 28 MB of memory."""

# The library is typed in part only: it marks itself typed, but exports without saying so and leaves calls bare.
# mypy: disable-error-code="attr-defined,no-untyped-call"

from typing import Any

from influxdb_client import (
    Authorization,
    BucketRetentionRules,
    DBRPCreate,
    OnboardingRequest,
    Permission,
    PermissionResource,
)
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from influxdb_client.service.dbr_ps_service import DBRPsService
from influxdb_client.service.setup_service import SetupService
from urllib3.exceptions import HTTPError

from gateway.sinks.influxdb.settings import InfluxdbSettings
from gateway.sinks.influxdb.setup import Admin, Done, SetupError, Step, keep_secret, kept_secret, new_password

SECONDS_PER_DAY = 86_400
FIRST_USER = "citygate-admin"
TOKEN_NAME = "citygate gateway"  # noqa: S105 - the description a person sees in the list of tokens
RETENTION_POLICY = "autogen"


def set_up_2(settings: InfluxdbSettings, admin: Admin, retention_days: int, database: str) -> list[Step]:
    """Org, bucket, v1 mapping and token. Blocks: call it in a thread. Raises SetupError."""
    if not (settings.org and settings.bucket):
        raise SetupError('InfluxDB 2 wants both. Add org = "…" and bucket = "…"')
    if settings.token_file is None:
        raise SetupError('the new token needs a file. Add token_file = "…"')
    try:
        steps, secret = _first_user(settings, admin, retention_days)
        with _client(settings, secret) as client:
            return steps + _Place(client, settings).make(retention_days, database)
    except ApiException as error:
        raise SetupError(_words(error)) from None  # its text repeats the request with its headers
    except HTTPError as error:
        raise SetupError(
            f"no answer from {settings.url}: {type(error).__name__}. Start the server, or correct url"
        ) from error


def _client(settings: InfluxdbSettings, secret: str) -> InfluxDBClient:
    ca_file = str(settings.ca_file) if settings.ca_file else None
    timeout_ms = int(settings.timeout_s * 1_000)
    return InfluxDBClient(url=settings.url, token=secret, org=settings.org, timeout=timeout_ms, ssl_ca_cert=ca_file)


def _first_user(settings: InfluxdbSettings, admin: Admin, retention_days: int) -> tuple[list[Step], str]:
    """On a fresh server its first user, whose token and password go to ``<token_file>.admin``; the admin's token."""
    assert settings.token_file is not None
    kept = settings.token_file.with_name(settings.token_file.name + ".admin")
    with _client(settings, "") as client:
        service = SetupService(client.api_client)
        if not service.get_setup().allowed:
            if not admin.secret and kept.exists():
                return [], kept.read_text(encoding="utf-8").split()[0]
            return [], admin.secret or kept_secret(settings)
        password = new_password()
        request = OnboardingRequest(
            username=FIRST_USER,
            password=password,
            org=settings.org,
            bucket=settings.bucket,
            retention_period_seconds=retention_days * SECONDS_PER_DAY,
        )
        secret = service.post_setup(request).auth.token
    keep_secret(kept, f"{secret}\n{password}")
    return [Step(f"first user {FIRST_USER}, token and password in {kept}", "created")], secret


class _Place:
    """What the sink needs in one server."""

    def __init__(self, client: InfluxDBClient, settings: InfluxdbSettings) -> None:
        self._client = client
        self._settings = settings

    def make(self, retention_days: int, database: str) -> list[Step]:
        """Everything, in the order in which each needs the one before."""
        org, org_step = self._org()
        bucket, bucket_step = self._bucket(org, retention_days)
        return [org_step, bucket_step, self._mapping(org, bucket, database), self._token(org, bucket)]

    def _org(self) -> tuple[Any, Step]:
        api = self._client.organizations_api()
        name = self._settings.org
        for org in api.find_organizations():
            if org.name == name:
                return org, Step(f"org {name}", "there")
        return api.create_organization(name=name), Step(f"org {name}", "created")

    def _bucket(self, org: Any, retention_days: int) -> tuple[Any, Step]:
        api = self._client.buckets_api()
        name, every_s = self._settings.bucket, retention_days * SECONDS_PER_DAY
        what = f"bucket {name}: {f'{retention_days} days' if retention_days else 'for ever'}"
        rules = [BucketRetentionRules(type="expire", every_seconds=every_s)] if every_s else []
        found = [bucket for bucket in api.find_buckets(name=name).buckets if bucket.org_id == org.id]
        if not found:
            return api.create_bucket(bucket_name=name, org=org, retention_rules=rules), Step(what, "created")
        (bucket,) = found
        if sum(rule.every_seconds for rule in bucket.retention_rules or []) == every_s:
            return bucket, Step(what, "there")
        bucket.retention_rules = rules
        return api.update_bucket(bucket=bucket), Step(what, "changed")

    def _mapping(self, org: Any, bucket: Any, database: str) -> Step:
        """InfluxQL on 2 finds a bucket by database and retention policy."""
        service = DBRPsService(self._client.api_client)
        what = f"v1 database {database} ▸ bucket {self._settings.bucket}"
        for mapping in service.get_dbr_ps(org_id=org.id, db=database).content or []:
            if mapping.bucket_id == bucket.id:
                return Step(what, "there")
        service.post_dbrp(
            DBRPCreate(
                org_id=org.id, bucket_id=bucket.id, database=database, retention_policy=RETENTION_POLICY, default=True
            )
        )
        return Step(what, "created")

    def _token(self, org: Any, bucket: Any) -> Step:
        file = self._settings.token_file
        assert file is not None
        what = f"token for bucket {self._settings.bucket} only, in {file}"
        made: Done = "there"
        kept = kept_secret(self._settings)
        if not kept or not self._works(kept):
            resource = PermissionResource(type="buckets", id=bucket.id, org_id=org.id)
            permissions = [Permission(action=action, resource=resource) for action in ("read", "write")]
            wanted = Authorization(org_id=org.id, permissions=permissions, description=TOKEN_NAME)
            keep_secret(file, self._client.authorizations_api().create_authorization(authorization=wanted).token)
            made = "changed" if kept else "created"
        return Step(what, made)

    def _works(self, secret: str) -> bool:
        """A token that may read its bucket's record is one of this server."""
        with _client(self._settings, secret) as client:
            try:
                return client.buckets_api().find_bucket_by_name(self._settings.bucket) is not None
            except ApiException as error:
                if error.status in (401, 403):
                    return False
                raise


def _words(error: ApiException) -> str:
    said = " ".join(str(error.body or error.reason or "").split())[:200]
    mend = ". Give an admin token" if error.status in (401, 403) else ""
    return f"InfluxDB 2 said {error.status} {said}{mend}"
