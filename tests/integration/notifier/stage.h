// What a test of the notifier plays on: a real PostgreSQL with channels and events, and a notifier to start and stop at will.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/crypto/crypto.h"
#include "lib/db/db.h"
#include "lib/json/json.h"
#include "notifier/app.h"
#include "tests/support/servers.h"

namespace sonde::test {

PostgresServer& shared_postgres();

// The ledger's row of one delivery.
struct Ledgered {
    std::string state;
    std::string reason;
    int attempts = 0;
};

// One row of delivery_attempt.
struct Attempted {
    bool finished = false;
    int status = 0;
    std::string error;
    std::string response;
};

// Empties the tables of the shared server when made; one at a time.
class Stage {
public:
    Stage();
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    // For a notifier that may talk to the loopback. Change it before `start`.
    notifier::NotifierConfig config;
    [[nodiscard]] std::unique_ptr<notifier::NotifierApp> start() { return start(config); }
    [[nodiscard]] static std::unique_ptr<notifier::NotifierApp> start(const notifier::NotifierConfig& with);

    ChannelId channel(const std::string& url,
                      std::vector<std::string> events = {"incident.opened", "incident.acknowledged", "incident.resolved"},
                      bool enabled = true);
    ChannelId channel(const std::string& kind, const Json& channel_config, const Json& secrets, std::vector<std::string> events);
    [[nodiscard]] Secret signing_key() const { return signing_key_; }
    // How it is sent to, as the API's document has it; a stage's channels know no storms unless this says so.
    void flow(ChannelId channel, const Json& document);
    void seal_signing_key(ChannelId channel, const std::string& key);

    // Writes an event as the engine does; of no incident if `seq` is 0.
    EventId event(const std::string& kind, IncidentId incident, std::int64_t seq, const Json& of_incident = Json::object());
    EventId event(const std::string& kind, const Json& about);

    Ledgered delivery(EventId event, ChannelId channel);
    EventId told_by(EventId event, ChannelId channel);
    std::vector<Attempted> attempts(EventId event, ChannelId channel);
    std::int64_t count(const std::string& where);  // of deliveries
    std::int64_t asked(const std::string& sql);    // one number
    // Every delivery has reached its end.
    // In this order: what is planned in between is seen waiting.
    bool settled() { return unplanned() == 0 && count("state in ('planned', 'sending')") == 0; }
    std::int64_t unplanned();
    void run(const std::string& sql, const std::vector<db::Param>& params = {});
    [[nodiscard]] db::Pool& pool() { return pool_; }

private:
    EventId write(const std::string& kind, std::optional<IncidentId> incident, std::int64_t seq, const Json& about);

    std::string directory_;
    metrics::Registry registry_;
    db::Pool pool_;
    Secret signing_key_{"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="};
};

// The value of a line of /metrics, 0 if there is none; and a page of an HTTP server of ours.
double metric(int port, const std::string& line);
std::string page(int port, const std::string& path);

}  // namespace sonde::test
