#include "cli/secrets/reseal.h"

#include "lib/account/user_id.h"
#include "lib/base/id.h"
#include "lib/base/status_page_id.h"

namespace sonde::cli::secrets {
namespace {

template <class AnyId>
std::string text_of(const std::string& number) {
    return AnyId{std::stoll(number)}.text();
}

// One page, in one transaction. Nothing when there are no more rows.
std::optional<std::vector<std::string>> page(db::Pool& pool, const crypto::SecretBox& box, const Place& place,
                                             const std::vector<std::string>& after, bool replaces, Count& sum) {
    auto read = sum;  // a transaction that is done again counts once
    auto last = pool.transact([&](db::Tx& tx) -> std::optional<std::vector<std::string>> {
        read = sum;
        const auto rows = tx.run(place.page, {after});
        std::optional<std::vector<std::string>> keys;
        for (const auto row : rows) {
            keys = row.texts(0);
            const auto context = place.context(*keys);
            const auto opened = box.look_into(row.bytes(1), context);
            if (!opened) {
                ++read.unreadable_count;
                if (read.unreadable.size() < kMaxTold) read.unreadable.push_back(context);
            } else if (opened->newest) {
                ++read.newest;
            } else {
                ++read.older;
                if (replaces) tx.run(place.replace, {*keys, db::Param::bytes(box.seal(opened->secret, context))});
            }
        }
        return keys;
    });
    sum = std::move(read);
    return last;
}

std::vector<Count> walk(db::Pool& pool, const crypto::SecretBox& box, bool replaces) {
    std::vector<Count> counts;
    for (const auto& place : places()) {
        Count sum;
        sum.place = place.name;
        std::optional<std::vector<std::string>> last{std::vector<std::string>{std::string(place.first), ""}};
        while (last) last = page(pool, box, place, *last, replaces, sum);
        counts.push_back(std::move(sum));
    }
    return counts;
}

}  // namespace

const std::vector<Place>& places() {
    static const std::vector<Place> all{
        {"monitor.secrets", "-9223372036854775808",
         {"reseal_monitor_page", R"(
            select array[id::text], secrets from monitor
            where secrets is not null and id > ($1::text[])[1]::bigint order by id limit 200 for update)"},
         {"reseal_monitor", "update monitor set secrets = $2 where id = ($1::text[])[1]::bigint"},
         [](const auto& keys) { return "monitor:" + text_of<MonitorId>(keys[0]); }},
        {"channel.secrets", "-9223372036854775808",
         {"reseal_channel_page", R"(
            select array[id::text], secrets from channel where id > ($1::text[])[1]::bigint order by id limit 200 for update)"},
         {"reseal_channel", "update channel set secrets = $2 where id = ($1::text[])[1]::bigint"},
         [](const auto& keys) { return "channel:" + text_of<ChannelId>(keys[0]); }},
        {"request_key.answer", "",
         {"reseal_request_key_page", R"(
            select array[owner, key], answer from request_key
            where answer is not null and (owner, key) > (($1::text[])[1], ($1::text[])[2]) order by owner, key limit 200 for update)"},
         {"reseal_request_key", "update request_key set answer = $2 where owner = ($1::text[])[1] and key = ($1::text[])[2]"},
         [](const auto& keys) { return "request_key:" + keys[0] + ":" + keys[1]; }},
        {"totp.secret", "-9223372036854775808",
         {"reseal_totp_page", R"(
            select array[person_id::text], secret from totp where person_id > ($1::text[])[1]::bigint order by person_id limit 200 for update)"},
         {"reseal_totp", "update totp set secret = $2 where person_id = ($1::text[])[1]::bigint"},
         [](const auto& keys) { return "totp:" + text_of<UserId>(keys[0]); }},
        {"subscriber.sealed", "-9223372036854775808",
         {"reseal_subscriber_page", R"(
            select array[id::text], sealed from subscriber where id > ($1::text[])[1]::bigint order by id limit 200 for update)"},
         {"reseal_subscriber", "update subscriber set sealed = $2 where id = ($1::text[])[1]::bigint"},
         [](const auto& keys) { return "subscriber:" + text_of<SubscriberId>(keys[0]); }},
        {"subscriber_key.sealed", "",
         {"reseal_subscriber_key_page", "select array[id::text], sealed from subscriber_key where id::text > ($1::text[])[1] for update"},
         {"reseal_subscriber_key", "update subscriber_key set sealed = $2 where id::text = ($1::text[])[1]"},
         [](const auto&) { return std::string("subscriber_key"); }},
    };
    return all;
}

std::vector<Count> count(db::Pool& pool, const crypto::SecretBox& box) { return walk(pool, box, false); }
std::vector<Count> reseal(db::Pool& pool, const crypto::SecretBox& box) { return walk(pool, box, true); }

}  // namespace sonde::cli::secrets
