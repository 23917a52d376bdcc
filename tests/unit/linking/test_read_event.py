"""Whole Events in the shapes that real SDKs send."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.linking import hidden
from collectors.linking.violation import read_event
from collectors.model import (
    Event,
    ExceptionValue,
    Frame,
    Operation,
    Request,
    ValueSource,
)
from tests.unit.linking.sdk_events import (
    CONSTRAINT,
    DETAIL,
    DUPLICATE,
    KEY,
    NOW,
    ORGANIZATION,
    SHAPE_A,
    SHAPE_B,
    SHAPE_C,
    SQL,
    adapted,
    event,
    innermost,
    key_of,
    outermost,
)


@pytest.mark.parametrize("seen", [SHAPE_A, SHAPE_B, SHAPE_C], ids=["flush", "autoflush", "pending"])
def test_the_key_is_found_in_whichever_exception_has_it(seen: Event) -> None:
    failure = read_event(seen)
    key = key_of(failure)
    assert (key.constraint, key.columns) == (CONSTRAINT, KEY)
    assert key.splits == ((ORGANIZATION, "jane@example.com"),)
    assert (key.source, key.doubt, key.complete) == (ValueSource.DETAIL, None, True)
    assert (failure.operation, failure.other) == (Operation.CREATE, None)
    assert failure.organization_id == ORGANIZATION


def test_the_insert_tells_its_table_and_the_values_of_its_other_keys() -> None:
    key = key_of(read_event(SHAPE_A))
    assert key.table == "customers"
    assert ("external_id", "acct-7") in key.fields
    assert ("email", "Jane@example.com") in key.fields


def test_without_the_insert_the_body_tells_the_values_of_other_keys() -> None:
    body = {"email": "Jane@example.com", "external_id": "acct-7", "password": "hunter2"}
    seen = replace(SHAPE_B, request=Request("POST", "/v1/customers/", body))
    key = key_of(read_event(seen))
    assert (key.complete, key.source) == (True, ValueSource.DETAIL)
    assert key.fields == (("email", "Jane@example.com"), ("external_id", "acct-7"))


def test_of_several_rows_nothing_is_taken() -> None:
    several = (
        "\n[SQL: INSERT INTO customers (id, email) VALUES ($1, $2), ($3, $4)]"
        "\n[parameters: ('1', 'a@e.com', '2', 'b@e.com')]"
    )
    key = key_of(read_event(event(innermost(), outermost(detail="", sql=several))))
    assert (key.splits, key.fields, key.doubt) == ((), (), hidden.SEVERAL)


def test_an_old_sdks_cut_leaves_the_key_that_stands_before_it() -> None:
    value = outermost().value[:700] + "..."
    key = key_of(read_event(event(innermost(), replace(outermost(), value=value))))
    assert key.splits == ((ORGANIZATION, "jane@example.com"),)


def test_the_parameters_answer_where_the_detail_is_missing() -> None:
    key = key_of(read_event(event(innermost(), outermost(detail=""))))
    assert (key.constraint, key.splits) == (CONSTRAINT, ())
    assert key.source is ValueSource.PARAMETERS
    assert dict(key.fields)["email"] == "Jane@example.com"
    assert dict(key.fields)["organization_id"] == ORGANIZATION


def test_the_parameters_answer_where_the_detail_was_scrubbed() -> None:
    scrubbed = DETAIL.replace("jane@example.com", "[email]")
    failure = read_event(event(innermost(), outermost(detail=scrubbed)))
    key = key_of(failure)
    assert (key.splits, key.source) == ((), ValueSource.PARAMETERS)
    assert dict(key.fields)["email"] == "Jane@example.com"
    assert key.doubt is None


def test_a_scrubbed_address_that_stands_nowhere_is_unknown() -> None:
    scrubbed = DETAIL.replace("jane@example.com", "[Filtered]")
    body = Request("POST", "/v1/customers/", {"email": "[Filtered]"})
    key = key_of(read_event(event(innermost(), adapted(scrubbed), request=body)))
    assert (key.splits, key.doubt) == ((), hidden.HIDDEN)
    assert dict(key.fields) == {"organization_id": ORGANIZATION}


def test_frame_variables_answer_before_the_body() -> None:
    frame = Frame("create", "polar.customer.service", in_app=True, variables={
        "customer_create": "CustomerIndividualCreate(external_id='acct-7', email='Frame@e.com')",
    })  # fmt: skip
    exception = replace(innermost(), frames=(frame,))
    key = key_of(read_event(event(exception)))
    assert key.source is ValueSource.FRAME
    assert dict(key.fields)["email"] == "Frame@e.com"


def test_the_body_answers_last() -> None:
    key = key_of(read_event(event(innermost())))
    assert (key.source, key.fields) == (ValueSource.REQUEST, (("email", "Jane@example.com"),))
    assert key.doubt == hidden.ABSENT


def test_only_the_keys_columns_are_taken_from_the_body() -> None:
    body = {"email": "j@e.com", "organizationId": ORGANIZATION, "name": "Jane", "password": "x"}
    cut = DETAIL[:40] + "..."
    request = Request("POST", "/v1/customers/", body)
    key = key_of(read_event(event(innermost(), adapted(cut), request=request)))
    assert key.columns == ()  # the cut lies within them
    cut = DETAIL[: DETAIL.index("jane") + 6] + "..."
    key = key_of(read_event(event(innermost(), adapted(cut), request=request)))
    assert key.columns == KEY
    assert dict(key.fields) == {"organization_id": ORGANIZATION, "email": "j@e.com"}
    assert (key.source, key.doubt) == (ValueSource.REQUEST, None)


def test_a_bystander_in_the_sql_tail_is_never_read() -> None:
    tail = (
        "\n[SQL: UPDATE members SET customer_id=$1::UUID WHERE members.email = $2::VARCHAR]"
        "\n[parameters: (UUID('11111111-1111-4111-8111-111111111111'), 'bystander@example.com')]"
    )
    failure = read_event(event(innermost(), outermost(detail="", sql=tail), request=None))
    assert "bystander@example.com" not in repr(failure)
    assert failure.operation is Operation.UPDATE


def test_of_two_violations_the_outer_one_failed_the_request() -> None:
    first = replace(
        innermost(),
        value='duplicate key value violates unique constraint "first_key"\n'
        "DETAIL:  Key (a)=(1) already exists.",
    )
    key = key_of(read_event(event(first, outermost())))
    assert (key.constraint, key.columns) == (CONSTRAINT, KEY)


@pytest.mark.parametrize(
    "type_",
    [
        "UniqueViolationError",
        "psycopg2.errors.UniqueViolation",
        "Sequel::UniqueConstraintViolation",
        "UniqueIntegrityConstraintViolationError",
        "EntityFramework.Exceptions.Common.UniqueConstraintException",
        "Illuminate\\Database\\UniqueConstraintViolationException",
        "SequelizeUniqueConstraintError",
        "ActiveRecord::RecordNotUnique",
    ],
)
def test_a_class_alone_tells_when_the_text_is_filtered(type_: str) -> None:
    filtered = ExceptionValue(type_, None, "[Filtered]")
    key = key_of(read_event(event(filtered, request=None)))
    assert (key.constraint, key.splits, key.doubt) == (None, (), hidden.HIDDEN)


def test_what_a_library_attaches_names_the_constraint() -> None:
    slonik = "UniqueIntegrityConstraintViolationError"
    told = ExceptionValue(slonik, None, "Query violates a unique integrity constraint.")
    attached = {"constraint": "u_email", "table": "users", "columns": []}
    key = key_of(read_event(event(told, request=None, contexts={slonik: attached})))
    assert (key.constraint, key.table) == ("u_email", "users")


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("RecordNotUnique", "Mysql2::Error: Duplicate entry 'x' for key 'y'"),
        ("UniqueViolationError", 'could not create unique index "x"'),
        ("IntegrityError", "UNIQUE constraint failed: customers.email"),
        ("ExclusionViolationError", 'conflicting key value violates exclusion constraint "x"'),
    ],
)
def test_what_only_looks_like_one_is_another_failure(type_: str, value: str) -> None:
    failure = read_event(event(ExceptionValue(type_, None, value)))
    assert failure.key is None
    assert failure.other


def test_the_facts_of_the_event_are_kept() -> None:
    seen = replace(SHAPE_A, project="api", release="1.2.3", issue_id="7", oddity="cut")
    failure = read_event(seen)
    assert (failure.event_id, failure.occurred_at) == (seen.event_id, NOW)
    assert (failure.project, failure.release, failure.issue_id) == ("api", "1.2.3", "7")
    assert (failure.environment, failure.oddity) == ("production", "cut")
    assert read_event(replace(seen, environment="sandbox")).environment == "sandbox"


# --- Node -----------------------------------------------------------------------------------------

QUERY_FAILED = ExceptionValue("QueryFailedError", None, DUPLICATE)


def test_node_has_the_key_in_the_body_alone() -> None:
    body = Request("POST", "/customers", {"email": " Jane@Example.com ", "password": "hunter2"})
    key = key_of(read_event(event(QUERY_FAILED, request=body, platform="node")))
    assert (key.constraint, key.source) == (CONSTRAINT, ValueSource.REQUEST)
    assert key.fields == (("email", " Jane@Example.com "),)


def test_node_with_the_drivers_fields_has_everything() -> None:
    contexts = {
        "QueryFailedError": {
            "code": "23505",
            "detail": "Key (email, has_account)=(x@y.com, t) already exists.",
            "table": "customer",
            "constraint": "IDX_customer_email_has_account",
            "schema": "public",
            "query": 'INSERT INTO "customer"("email", "has_account") VALUES ($1, $2)',
            "parameters": ["x@y.com", True],
        }
    }
    failure = read_event(event(ExceptionValue("Error", None, "save failed"), contexts=contexts))
    key = key_of(failure)
    assert (key.constraint, key.schema, key.table) == (
        "IDX_customer_email_has_account",
        "public",
        "customer",
    )
    assert (key.splits, key.source) == ((("x@y.com", "t"),), ValueSource.DETAIL)
    assert key.fields == (("email", "x@y.com"), ("has_account", "t"))
    assert failure.operation is Operation.CREATE


def test_node_with_a_retold_message() -> None:
    retold = ExceptionValue(
        "Error", None, "Customer with email, has_account x@y.com, t already exists."
    )
    key = key_of(read_event(event(retold)))
    assert (key.table, key.columns) == ("customer", ("email", "has_account"))
    assert (key.splits, key.source) == ((("x@y.com", "t"),), ValueSource.MESSAGE)


def test_a_second_soft_delete_is_a_delete() -> None:
    contexts = {
        "QueryFailedError": {
            "code": "23505",
            "constraint": "UQ_email_deleted",
            "query": 'UPDATE "customer" SET "deleted_at" = $1 WHERE "id" = $2',
            "parameters": ["2025-06-01T10:00:00Z", "7"],
        }
    }
    failure = read_event(event(QUERY_FAILED, contexts=contexts, request=None))
    assert failure.operation is Operation.DELETE
    assert "7" not in dict(key_of(failure).fields).values()


def test_an_event_without_exceptions_is_read_from_its_message_and_extra() -> None:
    seen = event(message=f"{DUPLICATE}{DETAIL}", request=None)
    assert key_of(read_event(seen)).complete
    seen = event(extra={"error": f"{DUPLICATE}{DETAIL}"}, request=None)
    assert key_of(read_event(seen)).complete


def test_driver_fields_in_a_frame_are_read() -> None:
    frame = Frame("save", "app", in_app=True, variables={
        "constraint_name": f"'{CONSTRAINT}'",
        "detail": repr(DETAIL.removeprefix("\nDETAIL:  ")),
        "sqlstate": "'23505'",
    })  # fmt: skip
    exception = ExceptionValue("UniqueViolationError", None, "[Filtered]", frames=(frame,))
    key = key_of(read_event(event(exception)))
    assert (key.constraint, key.splits) == (CONSTRAINT, ((ORGANIZATION, "jane@example.com"),))


# --- whose request it was -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "seen",
    [
        event(QUERY_FAILED, tags={"organization_id": "org-7"}),
        event(QUERY_FAILED, request=Request("POST", None, {"organizationId": "org-7"})),
        event(
            replace(
                QUERY_FAILED,
                frames=(Frame(variables={"kwargs": {"organization_id": "'org-7'"}}),),
            )
        ),
    ],
    ids=["tag", "body", "frame"],
)
def test_the_organization_is_hinted_at(seen: Event) -> None:
    assert read_event(seen).organization_id == "org-7"


def test_an_address_is_no_organization() -> None:
    seen = event(QUERY_FAILED, tags={"organization": "jane@example.com"})
    assert read_event(seen).organization_id is None


def test_a_statements_schema_stays_with_its_table() -> None:
    """It may be a view's before the table: only the server's own word is the key's schema."""
    sql = SQL.replace("INTO customers", "INTO tenant_b.customers")
    key = key_of(read_event(event(innermost(), adapted(), outermost(sql=sql))))
    assert (key.schema, key.table) == (None, "tenant_b.customers")


IN_A_LANGUAGE_THAT_NOBODY_KNOWS = {
    "Indonesian": (
        'duplicate nilai kunci melanggar batasan unik "u_email"\n'
        "DETAIL:  Kunci (email)=(jane@example.com) sudah ada.\n"
    ),
    "in one line": (
        "diễn giải «u_email» bị trùng CHI TIẾT:  Khóa (email)=(jane@example.com) đã tồn tại."
    ),
    "wrongly decoded": (
        "viola restricci\ufffdn de unicidad \ufffdu_email\ufffd\n"
        "DETALLE:  Ya existe la llave (email)=(jane@example.com)."
    ),
    "with its statement": (
        '(psycopg.errors.UniqueViolation) melanggar batasan unik "u_email"\n'
        "DETAIL:  Kunci (email)=(jane@example.com) sudah ada.\n"
        '[SQL: INSERT INTO "c_1" (email) VALUES (%s)]\n[parameters: (\'"x_1"\',)]'
    ),
}


@pytest.mark.parametrize(
    "text", IN_A_LANGUAGE_THAT_NOBODY_KNOWS.values(), ids=IN_A_LANGUAGE_THAT_NOBODY_KNOWS
)
@pytest.mark.parametrize("kind", ["UniqueViolation", "UniqueViolationError"])
def test_where_the_class_tells_what_it_is_the_language_need_not_be_known(
    kind: str, text: str
) -> None:
    key = read_event(event(ExceptionValue(kind, None, text))).key
    assert key is not None
    assert (key.constraint, key.columns) == ("u_email", ("email",))
    assert key.splits == (("jane@example.com",),)


def test_two_quoted_names_in_an_unknown_language_are_no_name() -> None:
    text = 'baris "a_1" melanggar "u_email"\nDETAIL:  Kunci (email)=(jane@example.com) sudah ada.'
    key = read_event(event(ExceptionValue("UniqueViolation", None, text))).key
    assert key is not None
    assert (key.constraint, key.splits) == (None, (("jane@example.com",),))


def test_a_class_of_ours_over_another_engine_says_nothing_of_its_own() -> None:
    text = "Duplicate entry 'f(a)=(b) x' for key 'customers.email'"
    failure = read_event(event(ExceptionValue("UniqueViolation", None, text)))
    assert failure.key is None
