// Strong identifiers. A 63-bit number in the database, `<prefix>_<13 Crockford base32 characters>` everywhere else.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sonde {

namespace id_text {
// Thirteen lower-case Crockford base32 digits, most significant first, so that text order is numeric order.
std::string encode(std::string_view prefix, std::int64_t value);
// Nothing unless `text` is exactly what `encode` would have written for some non-negative value.
std::optional<std::int64_t> decode(std::string_view prefix, std::string_view text);
}  // namespace id_text

template <class Tag>
class Id {
public:
    constexpr Id() = default;
    constexpr explicit Id(std::int64_t value) : value_(value) {}

    [[nodiscard]] constexpr std::int64_t value() const { return value_; }
    [[nodiscard]] constexpr explicit operator bool() const { return value_ != 0; }
    [[nodiscard]] std::string text() const { return id_text::encode(Tag::prefix, value_); }
    [[nodiscard]] static std::optional<Id> parse(std::string_view text) {
        if (auto value = id_text::decode(Tag::prefix, text)) return Id{*value};
        return std::nullopt;
    }
    friend constexpr auto operator<=>(Id, Id) = default;

private:
    std::int64_t value_ = 0;
};

namespace id_tag {
struct Site { static constexpr std::string_view prefix = "sit"; };
struct Monitor { static constexpr std::string_view prefix = "mon"; };
struct Incident { static constexpr std::string_view prefix = "inc"; };
struct Advisory { static constexpr std::string_view prefix = "adv"; };
struct Channel { static constexpr std::string_view prefix = "chn"; };
struct Delivery { static constexpr std::string_view prefix = "dlv"; };
struct Client { static constexpr std::string_view prefix = "clt"; };
struct Event { static constexpr std::string_view prefix = "evt"; };
struct Run { static constexpr std::string_view prefix = "run"; };
}  // namespace id_tag

using SiteId = Id<id_tag::Site>;
using MonitorId = Id<id_tag::Monitor>;
using IncidentId = Id<id_tag::Incident>;
using AdvisoryId = Id<id_tag::Advisory>;
using ChannelId = Id<id_tag::Channel>;
using DeliveryId = Id<id_tag::Delivery>;
using ClientId = Id<id_tag::Client>;  // of the API
using EventId = Id<id_tag::Event>;  // the outbox row's number: the same wherever an event is seen
using RunId = Id<id_tag::Run>;      // one run-now: on the bus and in its answer, nowhere else

// A new, time-ordered number: 41 bits of milliseconds, 22 bits counted up from a random start.
// Unique within this process; between processes a clash is improbable and is refused by the primary key. Thread-safe.
std::int64_t new_id_value();

template <class AnyId>
AnyId new_id() {
    return AnyId{new_id_value()};
}

}  // namespace sonde

template <class Tag>
struct std::hash<sonde::Id<Tag>> {
    std::size_t operator()(sonde::Id<Tag> id) const noexcept {
        // The low bits of an id count up, so they must be spread before a table takes them modulo its size.
        return static_cast<std::size_t>(static_cast<std::uint64_t>(id.value()) * 0x9E3779B97F4A7C15ULL);
    }
};
