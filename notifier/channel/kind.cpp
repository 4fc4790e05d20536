#include "notifier/channel/kind.h"

#include "notifier/channel/webhook.h"

namespace sonde::notifier {
namespace {

constexpr std::array kKinds{
    KindRow{ChannelKind::webhook, webhook::compose, webhook::judge},
};

// One row a kind, in the order of the enum: find_kind indexes by it.
constexpr bool complete() {
    if (kKinds.size() != EnumNames<ChannelKind>::names.size()) return false;
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
        if (static_cast<std::size_t>(kKinds[i].kind) != i) return false;
    }
    return true;
}
static_assert(complete());

}  // namespace

const KindRow* find_kind(std::string_view name) {
    const auto kind = from_name<ChannelKind>(name);
    return kind ? &kKinds[static_cast<std::size_t>(*kind)] : nullptr;
}

}  // namespace sonde::notifier
