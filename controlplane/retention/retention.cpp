#include "controlplane/retention/retention.h"

namespace sonde::retention {
namespace {

constexpr db::Statement kLoad{"retention_load", "select retention::text from settings"};

}  // namespace

Retention read_stored(const Json& document) {
    Retention retention;
    for (std::size_t i = 0; i < kAllKept; ++i) {
        const auto kept = static_cast<Kept>(i);
        const auto found = document.find(name_of(kept));
        if (found != document.end() && found->is_number_integer()) retention.set(kept, found->get<int>());
    }
    return retention;
}

Json write(const Retention& retention) {
    Json document = Json::object();
    for (std::size_t i = 0; i < kAllKept; ++i) {
        const auto kept = static_cast<Kept>(i);
        const auto days = retention.days(kept);
        document[std::string(name_of(kept))] = days ? Json(*days) : Json(nullptr);
    }
    return document;
}

Retention load(db::Tx& tx) {
    const auto rows = tx.run(kLoad);
    if (rows.empty()) return {};
    const auto document = json::parse(rows[0].text(0));
    return document && document->is_object() ? read_stored(*document) : Retention{};
}

}  // namespace sonde::retention
