"""Who calls: a token names one organization of one environment, as live and test keys do."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from sample_data.api import clock, reporting
from sample_data.api.environment import Environment
from sample_data.api.models import Organization
from sample_data.api.modes import Mode
from sample_data.api.payments import Payments

_PREFIXES = {"production": "live", "sandbox": "test"}
_bearer = HTTPBearer(auto_error=False)


def organization_token(secret: str, environment: str, slug: str) -> str:
    """The token of one organization: `tsb_live_<slug>_…` or `tsb_test_<slug>_…`.

    A slug holds no underscore. Another environment's own name stands in the place of live and test.
    """
    mark = hmac.new(secret.encode(), f"{environment}/{slug}".encode(), hashlib.sha256)
    return f"tsb_{_PREFIXES.get(environment, environment)}_{slug}_{mark.hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class Caller:
    """One authenticated request: whose it is, how the release serves it, and its transaction."""

    organization: Organization
    session: AsyncSession
    mode: Mode
    payments: Payments


async def authenticated(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Open the request's session in the environment that its token names; 401 without one."""
    environment, slug = _named_by(request, credentials.credentials if credentials else "")
    session = environment.sessions()
    request.state.session = session
    request.state.mode = environment.mode
    query = select(Organization).where(Organization.slug == slug, Organization.deleted_at.is_(None))
    organization = (await session.execute(query)).scalar_one_or_none()
    if organization is None:
        raise HTTPException(401, "This token's organization does not exist.")
    user = {"id": str(organization.id), "email": organization.email}
    reporting.describe_request(environment.name, environment.release, user, clock.shifted())
    return Caller(organization, session, environment.mode, request.app.state.payments)


def _named_by(request: Request, token: str) -> tuple[Environment, str]:
    """The environment and slug that a genuine token names."""
    parts = token.split("_")
    if len(parts) == 4:
        for name, environment in request.app.state.environments.items():
            genuine = organization_token(request.app.state.settings.secret, name, parts[2])
            if hmac.compare_digest(genuine.encode(), token.encode()):
                return environment, parts[2]
    raise HTTPException(401, "Send an organization's token as a Bearer token.")


CallerDependency = Annotated[Caller, Depends(authenticated)]
