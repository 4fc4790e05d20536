#include "notifier/ledger/superseded.h"

#include "notifier/core/supersede.h"
#include "notifier/ledger/statements.h"

namespace sonde::notifier {

std::vector<Superseded> superseded(db::Tx& tx, const std::vector<std::int64_t>& deliveries) {
    std::vector<Superseded> old;
    if (deliveries.empty()) return old;
    for (const auto row : tx.run(statement::later_kinds, {deliveries})) {
        std::vector<EventKind> later;
        for (const auto& kind : row.texts(2)) later.push_back(event_kind(kind));
        if (const auto reason = supersede(event_kind(row.text(1)), later)) old.push_back({row.id<DeliveryId>(0), *reason});
    }
    return old;
}

}  // namespace sonde::notifier
