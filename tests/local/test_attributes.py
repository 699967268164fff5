"""Which names can be asked for: attributes of spans and logs, tags of errors and their values."""

from sending import Local, ago, failure, log, span, typed


async def test_attributes_have_the_key_by_which_they_are_asked_for(local: Local) -> None:
    await local.send_items("log", log("x", attributes=typed(sku="SKU-7", left=2, ratio=0.5, hot=True, http__route="/")))
    found = {row["key"]: row for row in await local.get("trace-items/attributes/", dataset="logs")}
    assert found["sku"] == {
        "key": "sku", "name": "sku", "attributeSource": {"source_type": "user"}, "attributeType": "string",
    }  # fmt: skip
    assert found["tags[left,number]"]["name"] == "left"
    assert found["tags[hot,boolean]"]["attributeType"] == "boolean"
    assert found["http.route"]["attributeSource"] == {"source_type": "sentry"}
    assert found["severity"]["attributeSource"] == {"source_type": "sentry"}
    for key in ("sku", "tags[left,number]", "tags[ratio,number]", "http.route", "severity", "severity_number"):
        assert key in found
        ((row),) = await local.explore("logs", key)
        assert row[key] is not None
    assert await local.explore("logs", "tags[hot,boolean]") == [{"tags[hot,boolean]": True}]


async def test_attributes_are_found_by_type_and_part_of_the_name(local: Local) -> None:
    await local.send_items("span", span(attributes=typed(rows=3, Rows="x", slow=True)))

    async def names(**query: str) -> list[str]:
        return [row["name"] for row in await local.get("trace-items/attributes/", itemType="spans", **query)]

    assert await names(substringMatch="ows") == ["Rows", "rows"]
    assert await names(substringMatch="Row") == ["Rows"]
    assert await names(substringMatch="ows", attributeType="number") == ["rows"]
    assert "is_transaction" in await names(attributeType="boolean")
    assert "slow" in await names(attributeType="boolean")
    assert "slow" not in await names(query="span.op:other")
    assert "span.duration" in await names(attributeType="number")
    assert "timestamp" not in await names()


async def test_a_dataset_must_be_named(local: Local) -> None:
    status, body = await local.refusal("trace-items/attributes/")
    assert (status, body) == (400, {"detail": "dataset: This field is required."})
    assert (await local.refusal("trace-items/attributes/", dataset="bogus"))[0] == 400


async def test_tags_of_errors_are_listed_with_how_many_have_them(local: Local) -> None:
    await local.send(
        failure(tags={"browser": "Chrome"}, environment="production", timestamp=ago(hours=3)),
        failure(tags={"browser": "Firefox"}, user={"id": 1}),
    )
    rows = {row["key"]: row for row in await local.get("tags/")}
    assert rows["browser"] == {"key": "browser", "name": "Browser", "totalValues": 2}
    assert (rows["environment"]["totalValues"], rows["user"]["totalValues"]) == (1, 1)
    assert "environment" not in {row["key"] for row in await local.get("tags/", statsPeriod="1h", dataset="errors")}
    assert "user" not in {row["key"] for row in await local.get("tags/", environment="production")}


async def test_values_of_a_tag_are_listed_the_most_frequent_first(local: Local) -> None:
    for browser in ("Chrome 1", "Chrome 2", "Chrome 2", "Firefox 9"):
        await local.send(failure(tags={"browser": browser}, user={"email": "bob@example.com"}))
    rows = await local.get("tags/browser/values/")
    assert [(row["value"], row["count"]) for row in rows] == [("Chrome 2", 2), ("Firefox 9", 1), ("Chrome 1", 1)]
    assert set(rows[0]) == {"key", "name", "value", "count", "firstSeen", "lastSeen"}
    found = await local.get("tags/browser/values/", query="chrome")
    assert [row["value"] for row in found] == ["Chrome 2", "Chrome 1"]
    assert await local.get("tags/browser/values/", query="%") == []
    assert await local.get("tags/nothing/values/") == []
    assert [row["value"] for row in await local.get("tags/user.email/values/")] == ["bob@example.com"]
    assert len(await local.get("tags/browser/values/", per_page=2)) == 2
