// A status page with subscribers, on a stage of the notifier.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/status_page_id.h"
#include "lib/channel/subscriber_link.h"
#include "tests/integration/notifier/mail_server.h"
#include "tests/integration/notifier/stage.h"

namespace sonde::test {

class SubscriberStage : public Stage {
public:
    SubscriberStage() : box_(*crypto::SecretBox::from_key_file(config.key_file)) {
        config.base_url = "https://sonde.example";
        config.subscriber_guard_allow = {"127.0.0.0/8"};
        run("insert into status_page (id, slug, title, description, language, time_zone, logo, favicon, accent, css, home_url, support_url, indexed, shows_uptime, shows_history, access, days, "
            "accounting, groups, monitors, sites, webhook_subscribers) values ($1, 'acme', 'Acme', '', 'en', 'UTC', '', '', '#2563eb', '', '', '', true, true, true, 'public', 90, '{}', '[]', "
            "'{}', '{}', true)",
            {page});
    }

    const StatusPageId page = new_id<StatusPageId>();

    void mail_by(const MailServer& server) {
        const auto id = channel("email",
                                {{"server", "127.0.0.1"}, {"port", server.port()}, {"security", "starttls"}, {"ca_certificates", server.pem()},
                                 {"from", "sonde@example.org"}, {"to", {"ops@example.org"}}},
                                Json::object(), {});
        run("update status_page set mail_channel_id = $2 where id = $1", {page, id});
    }

    // Confirmed an hour ago, if at all. Of a webhook the address is its URL.
    SubscriberId subscriber(const std::string& address, bool confirmed = true, const std::vector<std::string>& components = {}) {
        const auto id = new_id<SubscriberId>();
        const bool mail = address.find("://") == std::string::npos;
        const Json named{{"address", address}, {"signing_key", signing_key().reveal()}};
        run("insert into subscriber (id, page_id, kind, sealed, digest, components, language, state, created_at, confirmed_at) values ($1, $2, $3, $4, $5, $6, 'en', $7, now() - interval '1 hour', "
            "case when $7 = 'confirmed' then now() - interval '1 hour' end)",
            {id, page, mail ? "email" : "webhook", db::Param::bytes(box_.seal(Secret(json::dump(named)), channel::subscriber_context(id))), db::Param::bytes(crypto::sha256(address)), components,
             confirmed ? "confirmed" : "pending"});
        return id;
    }

    void question(SubscriberId to) {
        run("insert into subscriber_delivery (subscriber_id, kind) select id, kind from subscriber where id = $1", {to});
        run("select pg_notify('sonde_page_notice', '')");
    }

    // As a control plane writes it, now.
    void notice(const std::string& step, const std::string& component = "api", const std::string& thread = "inc_06ht3e8gt0000") {
        const Json document{{"type", "incident." + (step.starts_with("update") ? std::string("updated") : step)}, {"id", thread}, {"title", "API"}, {"began_at", to_rfc3339(wall_now())},
                            {"components", {{{"id", component}, {"name", "API"}}}}, {"place", "incidents/" + thread}};
        run("insert into page_notice (page_id, thread, step, at, components, document) values ($1, $2, $3, now(), array[$4::text], $5::jsonb)", {page, thread, step, component, json::dump(document)});
        run("select pg_notify('sonde_page_notice', '')");
    }

    std::int64_t deliveries(const std::string& where) { return asked("select count(*) from subscriber_delivery where " + where); }
    // All that was to be told has come to its end.
    bool told(std::int64_t how_many) {
        return asked("select count(*) from page_notice where planned_at is null") == 0 && deliveries("state in ('planned', 'sending')") == 0 && deliveries("true") >= how_many;
    }
    std::string state(SubscriberId id) {
        return pool().transact([&](db::Tx& tx) {
            const auto rows = tx.run_text("select state from subscriber where id = $1", {id});
            return rows.empty() ? std::string("erased") : std::string(rows[0].text(0));
        });
    }

private:
    crypto::SecretBox box_;
};

}  // namespace sonde::test
