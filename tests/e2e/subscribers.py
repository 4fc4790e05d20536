"""From a form on a status page to messages in a mailbox, and to none any more: through a real mail server, without JavaScript."""
import re

import pytest
import requests

from mail import Mailbox, channel, parts
from peers import Target
from stack import Stack
from waiting import eventually

HOST = "status.acme.example"
READER = "reader@example.org"


@pytest.fixture
def mailbox(tmp_path):
    made = Mailbox(tmp_path)
    yield made
    made.stop()


class Reader:
    """At the page's own host, which the test's machine does not know."""

    def __init__(self, stack: Stack):
        self.api = stack.endpoints["api"]

    def get(self, path: str) -> requests.Response:
        return requests.get(self.api + path, headers={"Host": HOST}, timeout=30)

    def post(self, path: str, **data) -> requests.Response:
        return requests.post(self.api + path, data=data, headers={"Host": HOST}, timeout=30)


def place(url: str) -> str:
    assert url.startswith(f"https://{HOST}/"), url
    return url.removeprefix(f"https://{HOST}")


def told(mailbox: Mailbox) -> list:
    """What came to the reader: the channel has messages of its own."""
    return [message for message in mailbox.messages() if message["To"] == READER]


def text_of(message) -> str:
    return parts(message)["text/plain"].replace("\r\n", "\n")


def links(message) -> dict[str, str]:
    text = text_of(message)
    assert all(link in parts(message)["text/html"] for link in re.findall(r"https://\S+", text))
    return {name: place(url) for name, url in re.findall(r"^(.*?): (https://\S+)$", text, re.MULTILINE)}


def test_a_reader_subscribes_is_told_of_an_outage_in_one_thread_and_ends_it_by_one_click(stack: Stack, mailbox: Mailbox, target: Target):
    site = stack.site("Internal name of the shop")
    monitor = stack.monitor(site, target.url)
    components = [{"id": "shop", "name": "Shop", "sites": [site]}, {"id": "other", "name": "Other", "sites": [stack.site("Other")]}]
    page = stack.post("/v1/status-pages", {"slug": "told", "domain": HOST, "title": "Acme", "mail_channel_id": channel(stack, mailbox), "groups": [{"name": "All", "components": components}]})
    subscribers = f"/v1/status-pages/{page['id']}/subscribers"
    stack.wait_up_everywhere(monitor)
    reader = Reader(stack)
    eventually(lambda: reader.get("/").status_code == 200, 30, "the page is there")
    assert 'href="/subscribe"' in reader.get("/").text

    form = reader.get("/subscribe")
    assert form.status_code == 200 and 'type="email"' in form.text and "<script" not in form.text
    asked = reader.post("/subscribe", kind="email", address="Reader@Example.org", component=["shop"])
    assert asked.status_code == 200, asked.text
    assert reader.post("/subscribe", kind="email", address=READER).text == asked.text
    eventually(lambda: len(told(mailbox)) == 1, 60, "the question is there")
    question = told(mailbox)[0]
    assert question["Subject"] == "Do you want to subscribe to Acme?" and question["List-Unsubscribe"] is None
    confirm = place(re.search(r"https://\S+/confirm/\S+", text_of(question))[0])
    assert 'method="post"' in reader.get(confirm).text
    assert [one["state"] for one in stack.get(subscribers)["items"]] == ["pending"]
    confirmed = reader.post(confirm)
    assert confirmed.status_code == 200 and "You are subscribed." in confirmed.text
    assert [(one["address"], one["state"], one["components"]) for one in stack.get(subscribers)["items"]] == [(READER, "confirmed", ["shop"])]

    target.broken = True
    eventually(lambda: len(told(mailbox)) >= 2, 90, "the outage is told")
    opened = told(mailbox)[1]
    assert opened["Subject"] == "[Acme] Incident: Shop" and opened["Auto-Submitted"] == "auto-generated" and opened["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Internal name" not in opened.as_string() and target.url not in opened.as_string()
    incident = stack.incidents(site)[0]
    assert reader.get(links(opened)["More on the page"]).status_code == 200
    stack.post(f"/v1/incidents/{incident['id']}/updates", {"status": "identified", "text": "A disk is full.\n.\nWe make room."}, status=200)
    eventually(lambda: len(told(mailbox)) >= 3, 60, "the update is told")
    update = told(mailbox)[2]
    assert update["Subject"] == "[Acme] Identified: Shop" and "A disk is full.\n.\nWe make room." in text_of(update)

    target.broken = False
    eventually(lambda: told(mailbox)[-1]["Subject"] == "[Acme] Resolved: Shop", 90, "the end is told")
    thread = told(mailbox)[1:]
    assert len({message["References"] for message in thread}) == 1 and len({message["Message-ID"] for message in thread}) == len(thread)
    assert not [defect for message in thread for part in message.walk() for defect in part.defects]

    manage = reader.get(links(thread[-1])["Choose what you are told of"])
    assert re.search(r'value="shop"\s+checked', manage.text) and not re.search(r'value="other"\s+checked', manage.text)
    one_click = place(re.fullmatch(r"<(.*)>", thread[-1]["List-Unsubscribe"])[1])
    assert "<button" in reader.get(one_click).text and len(stack.get(subscribers)["items"]) == 1
    assert reader.post(one_click, **{"List-Unsubscribe": "One-Click"}).status_code == 200
    assert stack.get(subscribers)["items"] == []

    count = len(told(mailbox))
    target.broken = True
    eventually(lambda: stack.incidents(site, state="open"), 60, "there is another outage")
    eventually(lambda: len(told(mailbox)) > count or reader.get("/index.json").json()["open"], 60, "the page shows it")
    target.broken = False
    eventually(lambda: not reader.get("/index.json").json()["open"], 90, "the page shows its end")
    assert len(told(mailbox)) == count
    assert stack.query("select count(*) from subscriber_delivery")[0][0] in (0, "0")
    stack.call("DELETE", f"/v1/status-pages/{page['id']}")
