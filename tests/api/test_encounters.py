import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.demo.device import Device
from app.encounters.models import Encounter
from app.http.context import Context
from app.referrals.models import Referral
from tests import make
from tests.clock import NIGHT
from tests.members import House, enrolled, found
from tests.places import opened
from tests.street import coarse, contents, notes, outcomes, pointers, post, reasons, referral, row, rows, store

FULL: dict[str, Any] = {
    "patrol_id": "0195f1c2-0000-7c3e-9a41-2f60d1a4b7c0",
    "first_contact_this_year": "no",
    "gender": "woman",
    "age_band": "25_39",
    "sleeping": "street",
    "needs": ["rest", "hygiene"],
    "supplies": {"pipe_kit": 2, "condoms": 4},
    "acts": ["listening"],
}


class TestStored:
    async def test_an_encounter_is_kept_as_sent_with_its_place_and_its_slot(
        self, phone: Device, context: Context, house: House
    ) -> None:
        met = make.encounter(occurred_at=datetime(2026, 3, 2, 19, 10, tzinfo=UTC), **FULL)
        assert outcomes(await post(phone, "encounters", met)) == ["created"]
        kept = await row(context, Encounter, met["id"])
        assert kept["org_id"] == house.org_id
        assert kept["team_id"] == house.team_id
        assert kept["patrol_id"] == UUID(FULL["patrol_id"])
        assert (kept["service_day"], kept["slot"]) == (date(2026, 3, 2), 10)
        assert (kept["territory"], kept["outside_perimeter"]) == ("7511803", False)
        assert (kept["first_contact"], kept["gender"], kept["age_band"], kept["sleeping"]) == (
            "no",
            "woman",
            "25_39",
            "street",
        )
        assert sorted(kept["needs"]) == ["hygiene", "rest"]
        assert kept["supplies"] == {"pipe_kit": 2, "condoms": 4}
        assert kept["acts"] == ["listening"]

    async def test_no_column_keeps_the_minute_of_an_encounter(self, phone: Device, context: Context) -> None:
        met_at = NIGHT - timedelta(minutes=17, seconds=23)
        met = make.encounter(occurred_at=met_at)
        await store(phone, "encounters", met)
        kept = await row(context, Encounter, met["id"])
        instants = [value for value in kept.values() if isinstance(value, datetime)]
        assert instants
        assert all((instant.minute, instant.second) == (0, 0) for instant in instants)

    async def test_what_was_not_asked_is_unknown(self, phone: Device, context: Context) -> None:
        met = make.encounter()
        await store(phone, "encounters", met)
        kept = await row(context, Encounter, met["id"])
        assert {kept["gender"], kept["age_band"], kept["sleeping"], kept["first_contact"]} == {"unknown"}
        assert (kept["needs"], kept["supplies"], kept["acts"]) == ([], {}, [])

    @pytest.mark.parametrize(
        ("territory", "outside"), [("7511804", False), ("7512001", False), ("7511901", True), ("93001", True)]
    )
    async def test_outside_the_perimeter_is_accepted_and_marked(
        self, phone: Device, context: Context, territory: str, *, outside: bool
    ) -> None:
        met = make.encounter(territory=territory, referrals=[make.referral()])
        await store(phone, "encounters", met)
        assert (await row(context, Encounter, met["id"]))["outside_perimeter"] is outside
        assert (await row(context, Referral, met["referrals"][0]["id"]))["outside_perimeter"] is outside

    async def test_a_referral_made_in_it_is_there_at_once(self, phone: Device, rest_room: UUID) -> None:
        directed = make.referral(facility_id=rest_room, accompanied=True, state="offered")
        await store(phone, "encounters", make.encounter(referrals=[directed]))
        shown = await referral(phone, directed["id"])
        assert (
            shown
            | {
                "kind": "rest_room",
                "facility_id": str(rest_room),
                "accompanied": True,
                "territory": "7511803",
                "cohort_day": "2026-03-02",
                "state": "offered",
                "reason": None,
                "due_at": None,
            }
            == shown
        )

    async def test_five_referrals_of_one_encounter_are_all_kept(self, phone: Device) -> None:
        kinds = ["rest_room", "consumption_room", "emergency_housing", "addiction_treatment", "health_care"]
        directed = [make.referral(kind=kind) for kind in kinds]
        await store(phone, "encounters", make.encounter(referrals=directed))
        assert [(await referral(phone, one["id"]))["kind"] for one in directed] == kinds


class TestSentAgain:
    async def test_changes_nothing_at_all(self, phone: Device, context: Context, house: House) -> None:
        met = [make.encounter(**FULL, card=make.code(), referrals=[make.referral(slip=make.code())]) for _ in range(3)]
        await store(phone, "encounters", *met)
        before = await contents(context)
        assert outcomes(await post(phone, "encounters", *met)) == ["unchanged"] * 3
        after = await contents(context)
        assert len(after.pop("audit_entry")) == len(before.pop("audit_entry")) + 1
        positions = before.pop("feed"), after.pop("feed")
        assert len(positions[0]) == len(positions[1])
        assert after == before
        assert (await notes(context, house.org_id, "encounter.post"))[-1]["unchanged"] == 3

    async def test_in_other_words_it_is_still_the_same(self, phone: Device) -> None:
        slip = make.code()
        met = make.encounter(
            occurred_at="2026-03-02T20:30:00+01:00", needs=["rest", "food"], referrals=[make.referral(slip=slip)]
        )
        again = met | {
            "id": met["id"].upper(),
            "occurred_at": "2026-03-02T19:30:00.000Z",
            "needs": ["food", "rest"],
            "gender": "unknown",
            "supplies": {"foil": 0},
            "revision": 1,
            "referrals": [
                met["referrals"][0] | {"slip": f"{slip[:5]}-{slip[5:]}".lower(), "accompanied": False, "reason": None}
            ],
        }
        assert outcomes(await post(phone, "encounters", met, again)) == ["created", "unchanged"]
        assert outcomes(await post(phone, "encounters", again)) == ["unchanged"]

    async def test_with_other_content_is_a_conflict_and_the_first_stays(
        self, phone: Device, context: Context, house: House
    ) -> None:
        met = make.encounter(gender="woman")
        await store(phone, "encounters", met)
        kept = await row(context, Encounter, met["id"])
        [verdict] = await post(phone, "encounters", met | {"gender": "man"})
        assert (verdict["outcome"], verdict["id"]) == ("conflict", met["id"])
        assert verdict["problem"]["type"] == "/problems/item-conflict"
        assert await row(context, Encounter, met["id"]) == kept
        [note] = (await notes(context, house.org_id, "encounter.post"))[-1]["notes"]
        assert note["id"] == coarse(context, met["id"])
        assert note["stored"] == kept["digest"].hex()
        assert len(note["received"]) == 64
        assert note["received"] != note["stored"]

    async def test_twice_in_one_batch_the_first_counts(self, phone: Device, context: Context) -> None:
        met = make.encounter(gender="woman")
        verdicts = await post(phone, "encounters", met, met, met | {"gender": "man"}, make.encounter())
        assert outcomes(verdicts) == ["created", "unchanged", "conflict", "created"]
        assert (await row(context, Encounter, met["id"]))["gender"] == "woman"

    async def test_by_another_phone_of_the_team_it_is_unchanged_too(
        self, client: httpx.AsyncClient, context: Context, house: House, phone: Device
    ) -> None:
        met = make.encounter()
        await store(phone, "encounters", met)
        second = await enrolled(client, context, house)
        assert outcomes(await post(second, "encounters", met)) == ["unchanged"]


class TestWhose:
    async def test_the_same_id_at_another_association_is_another_encounter(
        self, phone: Device, other_phone: Device, context: Context, house: House
    ) -> None:
        met = make.encounter(gender="woman", referrals=[make.referral(slip=make.code())])
        await store(phone, "encounters", met)
        other = met | {"gender": "man", "referrals": [met["referrals"][0] | {"slip": make.code()}]}
        assert outcomes(await post(other_phone, "encounters", other)) == ["created"]
        assert (await row(context, Encounter, met["id"], house.org_id))["gender"] == "woman"
        assert len(await rows(context, Encounter, id=UUID(met["id"]))) == 2

    async def test_the_same_id_of_another_team_of_the_association_is_refused(
        self, client: httpx.AsyncClient, context: Context, house: House, phone: Device
    ) -> None:
        from app.identity.service import create_team

        met = make.encounter()
        await store(phone, "encounters", met)
        async with context.database.writing() as session:
            team_id = await create_team(
                session, context.keyring, context.clock(), org_id=house.org_id, name="Jour", night=False
            )
        day_phone = await enrolled(client, context, House(house.org_id, team_id, house.name))
        for again in (met, met | {"revision": 2}):
            [verdict] = await post(day_phone, "encounters", again)
            assert (verdict["outcome"], reasons([verdict])) == ("rejected", ["not-yours"])

    async def test_a_desk_posts_no_encounters(self, desk: Device) -> None:
        answer = await desk.post("/v1/encounters", json=make.envelope([make.encounter()]))
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/forbidden"

    async def test_nobody_posts_without_a_token(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/encounters", json=make.envelope([make.encounter()]))
        assert answer.status_code == 401


class TestRefused:
    @pytest.mark.parametrize("code", ["99999", "7511805", "751", "11", "75"])
    async def test_a_place_nobody_knows(self, phone: Device, code: str) -> None:
        [verdict] = await post(phone, "encounters", make.encounter(territory=code))
        assert verdict["outcome"] == "rejected"
        assert pointers(verdict) == ["/territory"]

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"people_count": 0}, "/people_count"),
            ({"people_count": 51}, "/people_count"),
            ({"people_count": True}, "/people_count"),
            ({"people_count": "1"}, "/people_count"),
            ({"people_count": 1.0}, "/people_count"),
            ({"supplies": {"pipe_kit": 51}}, "/supplies/pipe_kit"),
            ({"supplies": {"pipe_kit": -1}}, "/supplies/pipe_kit"),
            ({"supplies": {"methadone": 1}}, "/supplies"),
            ({"needs": ["rest", "rest"]}, "/needs"),
            ({"needs": ["company"]}, "/needs/0"),
            ({"gender": "femme"}, "/gender"),
            ({"occurred_at": "2026-03-02T20:30:00"}, "/occurred_at"),
            ({"card": "ANNE DURAND"}, "/card"),
            ({"card": "4T8KWZ20H6A"}, "/card"),
            ({"revision": 0}, "/revision"),
            ({"status": "deleted"}, "/status"),
            ({"id": "00000000-0000-0000-0000-000000000000"}, "/id"),
            ({"id": "5f0c7e6e-3a53-1f0d-9d0e-6f1f6c1d2a77"}, "/id"),
            ({"referrals": [make.referral(kind="Rest Room")]}, "/referrals/0/kind"),
            ({"referrals": [make.referral(state="declined")]}, "/referrals/0"),
            ({"referrals": [make.referral(state="requested", reason="no_place")]}, "/referrals/0"),
            ({"referrals": [make.referral(state="admitted")]}, "/referrals/0/state"),
            ({"referrals": [make.referral() for _ in range(6)]}, "/referrals"),
        ],
        ids=str,
    )
    async def test_with_a_pointer_to_what_is_wrong(self, phone: Device, changes: make.Json, pointer: str) -> None:
        [verdict] = await post(phone, "encounters", make.encounter(**changes))
        assert (verdict["outcome"], verdict["problem"]["status"]) == ("rejected", 422)
        assert pointers(verdict) == [pointer]

    async def test_a_kind_of_facility_that_is_not_offered(self, phone: Device) -> None:
        [verdict] = await post(phone, "encounters", make.encounter(referrals=[make.referral(kind="sobering_station")]))
        assert verdict["outcome"] == "rejected"
        assert pointers(verdict) == ["/referrals/0/kind"]

    async def test_a_facility_nobody_knows(self, phone: Device) -> None:
        directed = [make.referral(), make.referral(facility_id=make.new_id())]
        [verdict] = await post(phone, "encounters", make.encounter(referrals=directed))
        assert reasons([verdict]) == ["unknown-facility"]
        assert pointers(verdict) == ["/referrals/1/facility_id"]

    async def test_a_facility_of_another_kind(self, phone: Device, rest_room: UUID) -> None:
        directed = make.referral(kind="emergency_housing", facility_id=rest_room)
        [verdict] = await post(phone, "encounters", make.encounter(referrals=[directed]))
        assert pointers(verdict) == ["/referrals/0/facility_id"]

    async def test_one_referral_twice(self, phone: Device, context: Context) -> None:
        directed = make.referral()
        met = make.encounter(referrals=[directed, directed])
        [verdict] = await post(phone, "encounters", met)
        assert verdict["outcome"] == "rejected"
        assert await rows(context, Encounter, id=UUID(met["id"])) == []

    async def test_a_referral_that_belongs_to_another_encounter(self, phone: Device, context: Context) -> None:
        directed = make.referral()
        await store(phone, "encounters", make.encounter(referrals=[directed]))
        second = make.encounter(referrals=[make.referral(), directed])
        [verdict] = await post(phone, "encounters", second)
        assert reasons([verdict]) == ["referral-immutable"]
        assert pointers(verdict) == ["/referrals/1"]
        assert await rows(context, Encounter, id=UUID(second["id"])) == []
        assert await rows(context, Referral, id=UUID(second["referrals"][0]["id"])) == []

    async def test_a_facility_entered_a_moment_ago_is_known_at_once(self, phone: Device, context: Context) -> None:
        await store(phone, "encounters", make.encounter())
        new = await opened(context, await found(context))
        await store(phone, "encounters", make.encounter(referrals=[make.referral(facility_id=new)]))


class TestCodes:
    async def test_a_card_is_kept_as_a_keyed_digest_only(self, phone: Device, context: Context) -> None:
        card = make.code()
        met = [make.encounter(card=card, referrals=[make.referral()]), make.encounter(card=card), make.encounter()]
        await store(phone, "encounters", *met)
        kept = [(await row(context, Encounter, one["id"]))["link_id"] for one in met]
        assert kept[0] == kept[1] == context.keyring.seal(2026, card)
        assert kept[2] is None
        assert (await row(context, Referral, met[0]["referrals"][0]["id"]))["link_id"] == kept[0]

    async def test_no_table_holds_a_card_or_a_slip(self, phone: Device, context: Context) -> None:
        card, slip = make.code(), make.code()
        await store(phone, "encounters", make.encounter(card=card, referrals=[make.referral(slip=slip)]))
        held = repr(await contents(context))
        assert card not in held
        assert slip not in held

    async def test_the_digest_of_the_content_cannot_be_used_to_guess_a_card(
        self, phone: Device, context: Context
    ) -> None:
        from app.encounters.schemas import EncounterIn
        from app.keyring import fingerprint

        met = make.encounter(card=make.code())
        await store(phone, "encounters", met)
        guessed = EncounterIn.model_validate_json(json.dumps(met))
        assert (await row(context, Encounter, met["id"]))["digest"] != fingerprint(guessed.canonical())
