#include "lib/check/ping/facts.h"

namespace sonde::check {

Json write(const PingFacts& facts, bool full) {
    const auto ms = [](microseconds time) { return static_cast<double>(time.count()) / 1000; };
    Json document{{"sent", facts.sent}, {"received", facts.received}, {"duplicates", facts.duplicates}};
    if (facts.sent > 0) document["loss_percent"] = 100.0 * facts.lost() / facts.sent;
    if (facts.received > 0)
        document["rtt_ms"] = {{"min", ms(facts.rtt_min)}, {"avg", ms(facts.rtt_avg)}, {"max", ms(facts.rtt_max)}, {"mdev", ms(facts.rtt_mdev)}};
    if (!facts.error.empty()) document["error"] = json::clean_utf8(facts.error);
    if (full && facts.reply_ttl > 0) document["reply_ttl"] = facts.reply_ttl;
    if (full) document["socket"] = facts.raw ? "raw" : "datagram";
    return document;
}

}  // namespace sonde::check
