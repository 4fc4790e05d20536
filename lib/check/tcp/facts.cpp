#include "lib/check/tcp/facts.h"

namespace sonde::check {
namespace {

Json write(const TcpConversation& conversation, bool full) {
    Json document{{"address", conversation.address}};
    if (conversation.failure) {
        document["class"] = name_of(conversation.failure.cause);
        document["message"] = json::clean_utf8(conversation.failure.message);
        document["phase"] = name_of(conversation.failure.phase);
    }
    document["received"] = conversation.received;
    document["ended"] = conversation.ended;
    if (full) document["transcript"] = json::clean_utf8(conversation.transcript);
    return document;
}

}  // namespace

Json write(const TcpFacts& facts, bool full) {
    Json list = Json::array();
    for (const auto& conversation : facts.conversations) list.push_back(write(conversation, full));
    return {{"conversations", std::move(list)}};
}

}  // namespace sonde::check
