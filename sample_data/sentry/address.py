"""Where a running local Sentry is to be reached, and with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sample_data.sentry.store import READ_SCOPES, WRITE_SCOPES, Store


@dataclass(frozen=True, slots=True)
class Address:
    """What an application, a collector and a person need.

    dsns         project → what `sentry_sdk.init` wants
    token        reads (`event:read`, `org:read`, `project:read`)
    write_token  may also comment and resolve (`event:write`) and tell deploys (`project:releases`)
    """

    url: str
    organization: str
    dsns: Mapping[str, str]
    token: str
    write_token: str


def address_of(store: Store, port: int, organization: str, projects: Sequence[str]) -> Address:
    """The address of a server on that port, with these projects made if they are new."""
    rows = [store.add_project(project) for project in projects]
    host = f"127.0.0.1:{port}"
    return Address(
        url=f"http://{host}",
        organization=organization,
        dsns={row["slug"]: f"http://{row['public_key']}@{host}/{row['id']}" for row in rows},
        token=store.add_token(READ_SCOPES),
        write_token=store.add_token(WRITE_SCOPES),
    )
