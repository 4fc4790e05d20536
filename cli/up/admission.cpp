#include "cli/up/admission.h"

#include "cli/failure.h"
#include "cli/up/file.h"
#include "lib/admission/claims.h"
#include "lib/admission/id.h"
#include "lib/crypto/crypto.h"

namespace sonde::cli::up {
namespace {

constexpr db::Statement kRevoked{"up_agent_revoked", "select 1 from agent_key_revocation where public_key = $1"};
constexpr db::Statement kOfKey{"up_agent_of_key", "select id from agent where public_key = $1"};
// One from before agents joined, or that was started by hand, is the same agent.
constexpr db::Statement kJoin{"up_agent_join", R"(
    insert into agent (id, region, name, public_key, joined_at, joined_from) values ($1, $2, $3, $4, now(), 'sonde up')
    on conflict (region, name) do update set public_key = excluded.public_key, joined_at = now(), joined_from = excluded.joined_from where agent.public_key is null
    returning id)"};

crypto::SigningKey key_of(const Layout& layout, const std::string& name) {
    const auto file = layout.secret("agent-" + name + ".seed");
    if (const auto text = read_file(file)) {
        const auto key = admission::read_seed(admission::KeyKind::user, text->substr(0, text->find('\n')));
        if (!key) throw Failure{file.string() + " holds no key of a NATS user; delete it, and the agent joins anew"};
        return *key;
    }
    const auto key = crypto::SigningKey::random();
    write_file(file, admission::seed_text(admission::KeyKind::user, key).reveal() + "\n");
    return key;
}

// Its identifier; none if it is not to be let in.
AgentId join(db::Tx& tx, const EmbeddedAgent& agent, const std::string& public_key) {
    if (!tx.run(kRevoked, {public_key}).empty()) return {};
    if (const auto rows = tx.run(kOfKey, {public_key}); !rows.empty()) return rows[0].id<AgentId>(0);
    const auto rows = tx.run(kJoin, {new_id<AgentId>(), agent.region, agent.name, public_key});
    return rows.empty() ? AgentId{} : rows[0].id<AgentId>(0);
}

}  // namespace

fs::path credentials_file(const Layout& layout, const std::string& name) { return layout.secret("nats-" + name + ".creds"); }

admission::BusKeys bus_keys(const Layout& layout) {
    const auto file = layout.secret("bus-key");
    if (const auto made = crypto::SecretBox::make_key_file(file); !made) throw Failure{made.error().message};
    auto keys = admission::BusKeys::from_key_file(file);
    if (!keys) throw Failure{keys.error().message};
    return *std::move(keys);
}

std::vector<EmbeddedAgent> admit(db::Pool& pool, const Layout& layout, const admission::BusKeys& keys, const std::vector<std::string>& regions) {
    for (const auto role : admission::kSharedRoles) {
        write_file(credentials_file(layout, std::string{name_of(role)}), admission::shared_credentials(keys, role).reveal());
    }
    std::vector<EmbeddedAgent> agents;
    for (const auto& region : regions) {
        EmbeddedAgent agent{region + "-1", region};
        const auto key = key_of(layout, agent.name);
        const auto public_key = admission::public_text(admission::KeyKind::user, key);
        const auto id = pool.transact([&](db::Tx& tx) { return join(tx, agent, public_key); });
        agent.admitted = static_cast<bool>(id);
        if (agent.admitted) {
            const auto token = admission::agent_token(keys, id.text(), region, public_key, wall_now());
            write_file(credentials_file(layout, agent.name), admission::credentials(token, admission::seed_text(admission::KeyKind::user, key)).reveal());
        }
        agents.push_back(std::move(agent));
    }
    return agents;
}

}  // namespace sonde::cli::up
