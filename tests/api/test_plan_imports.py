"""Files of entries: recorded whole or not at all, every rejected line named, and pulled again by spreadsheets."""

import csv
import io
import time

from app.http.context import Context
from tests import plans
from tests.api.registers import Secretary, code, count, faults, logged, secretary

__all__ = ["code", "secretary"]


_LINE = {
    "on": "2020-03-02",
    "funder": "etat",
    "year": "2020",
    "nature": "commitment",
    "kind": "payment_credit",
    "source.title": "Convention",
}


def _csv(*lines: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for line in lines for name in line)))
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()


def _amounts(count: int, **changed: str) -> list[dict[str, str]]:
    return [{**_LINE, "code": f"ligne-{n}", "euros": f"{n},50", **changed} for n in range(count)]


async def test_a_file_is_recorded_once_however_often_it_is_imported(
    context: Context, secretary: Secretary, code: str
) -> None:
    await secretary.enter(*plans.base(code))
    body = _csv(*_amounts(3))
    trial = await secretary.send("amount", body, plan=code, dry_run="true")
    assert trial.json() == {"type": "amount", "dry_run": True, "lines": 3, "created": 3, "unchanged": 0}
    assert await secretary.held(code, "amount") == []
    first = await secretary.send("amount", body, plan=code)
    assert first.json() == {"type": "amount", "dry_run": False, "lines": 3, "created": 3, "unchanged": 0}
    again = await secretary.send("amount", body, plan=code)
    assert (again.json()["created"], again.json()["unchanged"]) == (0, 3)
    assert [one["entry"]["cents"] for one in await secretary.held(code, "amount")] != []
    assert sorted(one["entry"]["cents"] for one in await secretary.held(code, "amount")) == [50, 150, 250]
    acts = [detail for action, detail in await logged(context, secretary.house) if action == "plan.import"]
    assert [(one.get("created"), one.get("unchanged")) for one in acts] == [(3, None), (None, 3)]
    assert all(len(one["sha256"]) == 64 for one in acts)


async def test_a_file_with_one_wrong_line_stores_nothing_and_names_it(
    context: Context, secretary: Secretary, code: str
) -> None:
    await secretary.enter(*plans.base(code))
    before = await count(context)
    lines = _amounts(6)
    lines[1]["euros"] = "1,234"
    lines[3]["funder"] = "nobody"
    lines[4]["euros"] = "-5"
    lines[5]["code"] = "ligne-0"
    for dry_run in ("true", "false"):
        answer = await secretary.send("amount", _csv(*lines), plan=code, dry_run=dry_run)
        assert faults(answer) == [
            ("/3/euros", "rule"),
            ("/5/funder", "unknown"),
            ("/6/euros", "rule"),
            ("/7", "repeated"),
        ]
        assert answer.json()["detail"].startswith("4 lines of the file are refused, of 6")
        assert "line 2" in answer.json()["errors"][-1]["detail"]
    assert await count(context) == before
    assert [action for action, _ in await logged(context, secretary.house)] == ["plan.entries"]


async def test_every_rejected_line_is_named_however_many(secretary: Secretary, code: str) -> None:
    await secretary.enter(*plans.base(code))
    answer = await secretary.send("amount", _csv(*_amounts(300, funder="nobody")), plan=code)
    assert faults(answer) == [(f"/{n}/funder", "unknown") for n in range(2, 302)]


async def test_a_line_changed_since_it_was_imported_is_a_conflict(secretary: Secretary, code: str) -> None:
    await secretary.enter(*plans.base(code))
    lines = _amounts(2)
    assert (await secretary.send("amount", _csv(*lines), plan=code)).status_code == 200
    lines[1]["euros"] = "9"
    answer = await secretary.send("amount", _csv(*lines), plan=code)
    assert faults(answer, 409) == [("/3", "item-conflict")]
    assert "`corrects`" in answer.json()["errors"][0]["detail"]
    first, second = await secretary.held(code, "amount")
    corrected = second if second["entry"]["code"] == "ligne-1" else first
    lines[1]["corrects"] = corrected["entry"]["id"]
    assert (await secretary.send("amount", _csv(lines[1]), plan=code)).json()["created"] == 1
    assert sorted(one["entry"]["cents"] for one in await secretary.held(code, "amount")) == [50, 150, 900]


async def test_a_line_in_conflict_hides_no_other_line_that_is_refused(
    context: Context, secretary: Secretary, code: str
) -> None:
    await secretary.enter(*plans.base(code))
    await secretary.send("amount", _csv(*_amounts(2)), plan=code)
    before = await count(context)
    lines = _amounts(5)
    lines[0]["euros"] = "7"
    lines[2]["funder"] = "nobody"
    lines[3]["euros"] = "x"
    answer = await secretary.send("amount", _csv(*lines), plan=code)
    assert faults(answer, 409) == [("/2", "item-conflict"), ("/4/funder", "unknown"), ("/5/euros", "rule")]
    assert answer.json()["detail"].startswith("3 lines of the file are refused, of 5")
    (there, *_) = await secretary.held(code, "amount")
    new = plans.entry("amount", plan=code, code="autre", funder="nobody")
    posted = await secretary.post(new, {**there["entry"], "cents": 9})
    assert faults(posted, 409) == [("/entries/0/funder", "unknown"), ("/entries/1/id", "item-conflict")]
    assert await count(context) == before


async def test_a_line_that_was_withdrawn_is_imported_again_under_an_id_of_its_own(
    secretary: Secretary, code: str
) -> None:
    await secretary.enter(*plans.base(code))
    (line,) = _amounts(1)
    await secretary.send("amount", _csv(line), plan=code)
    (there,) = await secretary.held(code, "amount")
    await secretary.enter(plans.entry("withdrawal", plan=code, corrects=there["entry"]["id"]))
    answer = await secretary.send("amount", _csv(line), plan=code)
    assert faults(answer) == [("/2", "withdrawn")]
    assert "an id of its own" in answer.json()["errors"][0]["detail"]
    assert (await secretary.send("amount", _csv({**line, "id": plans.key()}), plan=code)).json()["created"] == 1
    exported = await secretary.get("plan/entries.csv", plan=code, type="amount")
    assert (await secretary.send("amount", exported.content)).json()["unchanged"] == 2


async def test_a_spreadsheet_pulls_the_entries_and_gets_them_anew_only_when_one_was_added(
    secretary: Secretary, code: str
) -> None:
    await secretary.enter(*plans.base(code), plans.entry("statement", plan=code))
    first = await secretary.get("plan/entries.csv", plan=code, type="statement")
    assert first.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(first.text))
    assert (row["says.fr"], row["source.title"]) == ("20 actions sur 33", "Rapport d'évaluation du plan")
    assert first.content == (await secretary.get("plan/entries", "text/csv", plan=code, type="statement")).content
    tag = first.headers["ETag"]
    assert (await secretary.get("plan/entries.csv", tag=tag, plan=code, type="statement")).status_code == 304
    await secretary.enter(plans.entry("statement", plan=code, code="autre"))
    assert (await secretary.get("plan/entries.csv", tag=tag, plan=code, type="statement")).status_code == 200
    assert (await secretary.get("plan/entries.csv", plan=code)).status_code == 422


async def test_what_is_exported_is_unchanged_when_it_is_imported_again(secretary: Secretary, code: str) -> None:
    await secretary.enter(*plans.base(code))
    await secretary.send("amount", _csv(*_amounts(3)), plan=code)
    (first, *_) = await secretary.held(code, "amount")
    await secretary.enter(plans.entry("amount", plan=code, corrects=first["entry"]["id"], code="autre"))
    exported = await secretary.get("plan/entries", "text/csv", plan=code, type="amount", decimal="comma", bom="true")
    assert exported.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(exported.content.decode("utf-8-sig")), delimiter=";"))
    assert [bool(row["replaced_by"]) for row in rows].count(True) == 1
    again = await secretary.send("amount", exported.content)
    assert again.json() == {"type": "amount", "dry_run": False, "lines": 4, "created": 0, "unchanged": 4}


async def test_ten_thousand_lines_are_recorded_in_seconds(secretary: Secretary, code: str) -> None:
    await secretary.enter(*plans.base(code))
    body = _csv(*_amounts(10_000))
    began = time.perf_counter()
    assert (await secretary.send("amount", body, plan=code)).json()["created"] == 10_000
    assert (await secretary.send("amount", body, plan=code)).json()["unchanged"] == 10_000
    assert time.perf_counter() - began < 40


async def test_latin_1_json_and_too_large_a_file_are_refused(secretary: Secretary, context: Context) -> None:
    before = await count(context)
    header = "code,on,name.fr,name.en,roles,source.title"
    latin = await secretary.send("body", f"{header}\nville,2020-01-01,Cité,City,funder,Plan\n".encode("latin-1"))
    assert faults(latin) == [("/2", "encoding")]
    assert latin.json()["detail"].startswith("1 lines of the file are refused, of 1 below")
    assert "UTF-8" in latin.json()["errors"][0]["detail"]
    sent = await secretary._client.post(
        "/v1/plan/imports/body", json={}, headers={**secretary._headers, "Content-Type": "application/json"}
    )
    assert sent.status_code == 415
    assert (await secretary.send("body", b"x" * 8_000_001)).status_code == 413
    assert await count(context) == before


async def test_an_acknowledgement_is_not_imported(secretary: Secretary, code: str) -> None:
    await secretary.enter(plans.entry("plan", plan=code))
    body = _csv({"on": "2020-01-01", "alert": "overdue:1", "source.title": "Alerte"})
    assert faults(await secretary.send("acknowledgement", body, plan=code)) == [("/2/type", "rule")]
