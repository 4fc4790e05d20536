"""An outage from end to end, and what must be true of it whatever was killed under way."""
from stack import Stack
from waiting import eventually


class Outage:
    """A site with one monitor and one pager. Checks that there is one incident, and one page for its beginning and one for its end."""

    def __init__(self, stack: Stack, target, receiver, name: str):
        self.stack, self.target, self.receiver = stack, target, receiver
        self.channel = stack.channel(receiver)
        self.site = stack.site(name)
        # One good round is enough to recover: the kills are the matter here, not the rounds.
        self.monitor = stack.monitor(self.site, target.url, policy={"recovery_rounds": 1})
        stack.wait_up_everywhere(self.monitor, seconds=40)

    def begin(self):
        """Returns at the very moment at which a check has failed for the first time."""
        self.target.break_now()
        assert self.target.failed.wait(timeout=30), "no check came"

    def wait_open(self, seconds: float = 60) -> str:
        found = eventually(lambda: self.stack.incidents(self.site), seconds, "an incident is open")
        return found[0]["id"]

    def end(self, seconds: float = 60):
        # The outage lasts until somebody was told of it: a page that an end overtakes is superseded, which is another story.
        eventually(lambda: self.receiver.of("incident.opened"), seconds, "the page came")
        self.target.mend()
        eventually(lambda: [i for i in self.stack.incidents(self.site) if i["state"] == "resolved"], seconds, "the incident is resolved")

    def check_told_once(self, repeats_allowed: bool = False, seconds: float = 90):
        """`repeats_allowed`: a notifier that dies between sending and noting it must send again, under the same id."""
        eventually(lambda: len(self.receiver.of("incident.opened")) >= 1 and len(self.receiver.of("incident.resolved")) >= 1, seconds, "both pages came")
        eventually(self.stack.settled, seconds, "nothing is left to be told")
        assert self.receiver.forged == []
        incidents = self.stack.incidents(self.site)
        assert [i["state"] for i in incidents] == ["resolved"], incidents
        for kind in ("incident.opened", "incident.resolved"):
            calls = self.receiver.of(kind)
            assert {c["event"]["incident"]["id"] for c in calls} == {incidents[0]["id"]}
            assert len({c["id"] for c in calls}) == 1, f"{kind} was told under several ids"
            assert repeats_allowed or len(calls) == 1, f"{kind} was told {len(calls)} times"
        deliveries = self.stack.get(f"/v1/incidents/{incidents[0]['id']}/deliveries")["items"]
        assert {d["state"] for d in deliveries if d["channel_id"] == self.channel} == {"sent"}, deliveries
