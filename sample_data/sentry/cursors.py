"""Pages as Sentry counts them: a cursor `value:offset:is_previous`, told in the Link header."""

from __future__ import annotations

from starlette.requests import Request

from sample_data.sentry.filters import BadRequest

MAX_PAGE = 100


def page_of(request: Request) -> tuple[int, int]:
    """How many items from which on. Raises BadRequest for a cursor that is none."""
    params = request.query_params
    asked = params.get("per_page") or params.get("limit") or str(MAX_PAGE)
    if not asked.isdigit() or int(asked) < 1:
        raise BadRequest("Invalid per_page parameter.")
    parts = params.get("cursor", "0:0:0").split(":")
    if len(parts) != 3 or not parts[1].isdigit():
        raise BadRequest("Invalid cursor parameter.")
    return min(int(asked), MAX_PAGE), int(parts[1])


def link_header(request: Request, limit: int, offset: int, *, more: bool) -> str:
    """Where the previous and the next page are, and whether they hold anything."""
    earlier, later = f"0:{max(0, offset - limit)}:1", f"0:{offset + limit}:0"
    links = (("previous", earlier, offset > 0), ("next", later, more))
    return ", ".join(
        f'<{request.url.include_query_params(cursor=cursor)}>; rel="{rel}"; '
        f'results="{str(results).lower()}"; cursor="{cursor}"'
        for rel, cursor, results in links
    )
