"""Second thoughts: records that are corrected, finished or withdrawn after they were sent."""

from datetime import datetime, timedelta
from typing import Final

from app.demo.draws import Draws
from app.demo.outbox import Item, Outbox, Route

_CORRECTED: Final = 0.012
_ENTERED_TWICE: Final = 0.006
_LEFT_OPEN: Final = 0.04
_SOON: Final = (timedelta(hours=2), timedelta(hours=20))
_TAKEN_FOR: Final = timedelta(hours=70)


class Notebook:
    """Notes patrols and encounters on a team's phone, with what goes wrong while noting."""

    def __init__(self, draws: Draws, outbox: Outbox) -> None:
        """Use one stream of chance and the queues of the city."""
        self._draws = draws
        self._outbox = outbox

    def patrol(self, sender: str, item: Item) -> None:
        """Note an outing at its end; some forget to end it and do so the day after."""
        at: datetime = item["ended_at"]
        if not self._draws.chance(_LEFT_OPEN):
            self._outbox.say(sender, Route.patrols, item, at)
            return
        written = self._outbox.say(sender, Route.patrols, item | {"ended_at": None}, at)
        ended = written | {"ended_at": at.astimezone(written["started_at"].tzinfo), "revision": 2}
        self._again(sender, Route.patrols, ended, at)

    def encounter(self, sender: str, item: Item) -> None:
        """Note a contact; some are corrected later, some are noted twice and the double is withdrawn."""
        at: datetime = item["occurred_at"]
        written = self._outbox.say(sender, Route.encounters, item, at)
        if self._draws.chance(_CORRECTED):
            self._again(sender, Route.encounters, written | self._change(written) | {"revision": 2}, at)
        if self._draws.chance(_ENTERED_TWICE):
            double = written | {"id": self._draws.id(at)} | self._doubles(written, at)
            self._outbox.say_again(sender, Route.encounters, double, at, at + _TAKEN_FOR)
            withdrawn = double | {"revision": 2, "status": "entered_in_error"}
            self._again(sender, Route.encounters, withdrawn, at)

    def _again(self, sender: str, route: Route, written: Item, at: datetime) -> None:
        self._outbox.say_again(sender, route, written, at + self._draws.between(*_SOON), at + _TAKEN_FOR)

    def _change(self, written: Item) -> Item:
        if written["people_count"] > 1:
            return {"people_count": written["people_count"] + 1}
        if self._draws.chance(0.5):
            return {"age_band": self._draws.pick({"18_24": 0.2, "25_39": 0.5, "40_plus": 0.3})}
        return {"needs": sorted({*written["needs"], "other"})}

    def _doubles(self, written: Item, at: datetime) -> Item:
        """Return the referrals of an encounter noted twice: with ids and slips of their own."""
        doubles = [
            referral | {"id": self._draws.id(at)} | ({"slip": self._draws.code()} if "slip" in referral else {})
            for referral in written.get("referrals", [])
        ]
        return {"referrals": doubles} if doubles else {}
