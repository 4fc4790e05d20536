// GET /v1/events over a real database: what is told, in which order, and to whom.
#include <doctest/doctest.h>

#include <set>
#include <thread>

#include "lib/crypto/crypto.h"
#include "tests/integration/controlplane/api_stand.h"
#include "tests/integration/http/raw_client.h"

namespace api_event_test {

using namespace sonde;
using namespace sonde::test;

namespace {

constexpr const char* kInsert = R"sql(
insert into outbox (id, at, kind, site_id, payload)
select $1::bigint, now(), $2::text, $3::bigint, jsonb_build_object('v', 1, 'id', $4::text, 'kind', $2::text, 'tags', $5::text[], 'filling', repeat('x', $6::int)))sql";

// What the engine writes, in a transaction that the test ends when it likes.
EventId write(db::Tx& tx, const std::string& kind = "incident.opened", SiteId site = {}, std::vector<std::string> tags = {}, int filling = 0) {
    const auto id = new_id<EventId>();
    tx.run_text(kInsert, {id, kind, site ? db::Param(site) : db::Param(std::nullopt), id.text(), tags, filling});
    tx.run_text("select pg_notify('sonde_outbox', '')");
    return id;
}

template <class... Rest>
EventId write_now(Rest... rest) {
    return stand().pool().transact([&](db::Tx& tx) { return write(tx, rest...); });
}

struct Heard {
    std::string type;  // empty for a message
    std::string id;
    std::string data;
};

class Listener {
public:
    explicit Listener(const std::string& query = "", const std::string& after = "", const std::string& token = stand().make_token("viewer"))
        : client_(stand().port()) {
        client_.send("GET /v1/events" + query + " HTTP/1.0\r\nAccept: text/event-stream\r\nAuthorization: Bearer " + token + "\r\n" +
                     (after.empty() ? "" : "Last-Event-ID: " + after + "\r\n") + "\r\n");
        head_ = client_.until("\r\n\r\n");
    }
    [[nodiscard]] const std::string& head() const { return head_; }
    Heard next() {
        for (;;) {
            const auto text = client_.until("\n\n");
            Heard heard{field(text, "event: "), field(text, "id: "), field(text, "data: ")};
            if (!heard.data.empty() || text.empty()) return heard;  // else a comment
        }
    }
    // The ids up to and with `last`.
    std::vector<std::string> ids_up_to(const std::string& last) {
        std::vector<std::string> ids;
        for (auto heard = next(); !heard.data.empty(); heard = next()) {
            if (!heard.type.empty()) continue;
            ids.push_back(heard.id);
            if (heard.id == last) break;
        }
        return ids;
    }
    RawClient& client() { return client_; }

private:
    static std::string field(const std::string& text, const std::string& name) {
        const auto at = text.starts_with(name) ? 0 : text.find("\n" + name);
        if (at == std::string::npos) return "";
        const auto begin = text.find(name, at) + name.size();
        return text.substr(begin, text.find('\n', begin) - begin);
    }
    RawClient client_;
    std::string head_;
};

}  // namespace

TEST_CASE("who listens is told that he is ready, then what happens, with its id and its document") {
    Listener listener;
    CHECK(listener.head().find("200") != std::string::npos);
    CHECK(listener.head().find("text/event-stream") != std::string::npos);
    CHECK(listener.next().type == "ready");
    const auto id = write_now("advisory.opened", SiteId{}, std::vector<std::string>{"payments"}).text();
    const auto heard = listener.next();
    CHECK(heard.type.empty());
    CHECK(heard.id == id);
    const auto document = Json::parse(heard.data);
    CHECK(document["id"] == id);
    CHECK(document["kind"] == "advisory.opened");
    CHECK(document["tags"] == Json{"payments"});
}

TEST_CASE("who comes again with his last id is told what he has missed, once and in order, and then what is new") {
    Listener first;
    CHECK(first.next().type == "ready");
    std::vector<std::string> all;
    for (int i = 0; i < 5; ++i) all.push_back(write_now().text());
    REQUIRE(first.ids_up_to(all[1]) == std::vector(all.begin(), all.begin() + 2));

    for (int i = 0; i < 350; ++i) all.push_back(write_now().text());  // some pages
    Listener again("", all[1]);
    CHECK(again.ids_up_to(all.back()) == std::vector(all.begin() + 2, all.end()));
    const auto ready = again.next();
    CHECK(ready.type == "ready");
    CHECK(ready.id == all.back());
    const auto later = write_now().text();
    CHECK(again.next().id == later);

    Listener nothing_missed("", later);
    CHECK(nothing_missed.next().type == "ready");
}

TEST_CASE("an event whose transaction ends after a younger one is missed by nobody") {
    Listener listener;
    CHECK(listener.next().type == "ready");
    auto old = stand().pool().begin();
    const auto slow = write(old).text();
    const auto quick = write_now().text();  // committed, and held back: something may still come before it
    Listener meanwhile;
    CHECK(meanwhile.next().type == "ready");
    old.commit();
    CHECK(listener.ids_up_to(quick) == std::vector{slow, quick});
    CHECK(meanwhile.ids_up_to(quick) == std::vector{slow, quick});
    Listener again("", slow);
    CHECK(again.ids_up_to(quick) == std::vector{quick});
}

TEST_CASE("an id that is not known any more is told as a gap, and what is new is told all the same") {
    Listener listener("", EventId{1}.text());
    const auto gap = listener.next();
    CHECK(gap.type == "gap");
    CHECK(gap.data.find(EventId{1}.text()) != std::string::npos);
    CHECK(listener.next().type == "ready");
    const auto id = write_now().text();
    CHECK(listener.next().id == id);
}

TEST_CASE("filters narrow what is told, missed and new") {
    const auto site = *SiteId::parse(stand().make_site("told of"));
    Listener before;
    const auto start = before.next().id;
    write_now("incident.opened");
    write_now("advisory.opened", site);
    const auto wanted = write_now("incident.opened", site).text();
    write_now("incident.opened");
    Listener listener("?kind=incident.*,monitor.changed&site_id=" + site.text(), start);
    CHECK(listener.next().id == wanted);
    CHECK(listener.next().type == "ready");
    write_now("coverage.lost");
    const auto next = write_now("monitor.changed", site).text();
    CHECK(listener.next().id == next);
    Listener tagged("?tag=db");
    CHECK(tagged.next().type == "ready");
    write_now("incident.opened");
    const auto with_tag = write_now("incident.opened", SiteId{}, std::vector<std::string>{"web", "db"}).text();
    CHECK(tagged.next().id == with_tag);
}

TEST_CASE("what cannot be meant is refused before anything is told") {
    const auto& api = stand().viewer();
    CHECK(api.get("/v1/events?kind=incident.opend").errors() == "?kind: `incident.opend` is no kind of event and no family like `incident.*`\n");
    CHECK(api.get("/v1/events?kind=incident.*,").status == 422);
    CHECK(api.get("/v1/events?kind=*").status == 422);
    CHECK(api.get("/v1/events?site_id=mon_0000000000001").status == 422);
    CHECK(api.get("/v1/events?since=2026-01-01").status == 422);
    CHECK(api.get("/v1/events", {"Last-Event-ID: 17"}).status == 400);
    CHECK(stand().nobody().get("/v1/events").status == 401);
}

TEST_CASE("a listener who takes nothing for a while is told everything all the same once he does") {
    Listener slow;
    CHECK(slow.next().type == "ready");
    std::vector<std::string> all;
    // 12 MB: more than lies on the way, and much more than is kept for him.
    for (int i = 0; i < 120; ++i) all.push_back(write_now("incident.opened", SiteId{}, std::vector<std::string>{}, 100'000).text());
    CHECK(slow.ids_up_to(all.back()) == all);
}

TEST_CASE("a token that is revoked ends its streams") {
    const auto token = stand().make_token("viewer");
    Listener listener("", "", token);
    CHECK(listener.next().type == "ready");
    stand().run("update api_client set revoked_at = now() where id = (select client_id from client_secret where hash = $1)", {db::Param::bytes(crypto::sha256(token))});
    CHECK(listener.client().until_closed() < std::chrono::seconds{10});
}

TEST_CASE("many writers at once: every listener hears every event once, all in the same order") {
    Listener one;
    Listener two;
    const auto start = one.next().id;
    CHECK(two.next().type == "ready");
    std::vector<std::thread> writers;
    for (int w = 0; w < 3; ++w) {
        writers.emplace_back([] {
            for (int i = 0; i < 60; ++i) write_now("monitor.changed");
        });
    }
    for (auto& writer : writers) writer.join();
    const auto last = write_now().text();
    const auto heard = one.ids_up_to(last);
    CHECK(heard.size() == 181);
    CHECK(std::set<std::string>(heard.begin(), heard.end()).size() == heard.size());
    CHECK(two.ids_up_to(last) == heard);
    CHECK(Listener("", start).ids_up_to(last) == heard);
}

}  // namespace api_event_test
