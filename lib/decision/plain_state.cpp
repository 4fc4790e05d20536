#include "lib/decision/plain_state.h"

#include <charconv>

namespace sonde::decision {
namespace {

// Goes over a text piece by piece; the first that is not as expected ends it.
class Pieces {
public:
    explicit Pieces(std::string_view text) : rest_(text) {}

    // Moves on if `piece` is next.
    bool next(std::string_view piece) {
        if (!good_ || !rest_.starts_with(piece)) return false;
        rest_.remove_prefix(piece.size());
        return true;
    }
    Pieces& then(std::string_view piece) {
        good_ = next(piece);
        return *this;
    }
    // As JSON writes whole numbers that are not negative.
    template <class Number>
    Pieces& whole(Number& target) {
        const bool padded = rest_.size() > 1 && rest_[0] == '0' && rest_[1] >= '0' && rest_[1] <= '9';
        return read(target, 10, padded || rest_.starts_with('-') ? 0 : rest_.size());
    }
    Pieces& time(TimePoint& target) {
        std::int64_t ms = 0;
        whole(ms);
        target = from_unix_ms(ms);
        good_ = good_ && ms <= INT64_MAX / 2;
        return *this;
    }
    Pieces& hash(std::uint64_t& target) {
        const auto before = rest_.size();
        read(target, 16, std::min<std::size_t>(rest_.size(), 16));
        good_ = good_ && before - rest_.size() == 16;
        return *this;
    }
    template <class Enum>
    Pieces& name(Enum& target) {
        const auto end = rest_.find('"');
        const auto found = end == std::string_view::npos ? std::nullopt : from_name<Enum>(rest_.substr(0, end));
        good_ = good_ && found.has_value();
        if (!good_) return *this;
        target = *found;
        rest_.remove_prefix(end);
        return *this;
    }
    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] bool done() const { return good_ && rest_.empty(); }

private:
    template <class Number>
    Pieces& read(Number& target, int base, std::size_t most) {
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + most, target, base);
        good_ = good_ && error == std::errc{};
        if (good_) rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return *this;
    }

    std::string_view rest_;
    bool good_ = true;
};

}  // namespace

std::optional<MonitorState> read_plain_state(std::string_view text) {
    MonitorState state;
    Pieces in(text);
    in.then(R"({"known":")").name(state.known).then(R"(","since":)").time(state.since).then(R"(,"watched_since":)").time(state.watched_since);
    in.then(R"(,"spec_hash":")").hash(state.spec_hash).then(R"(","voters_hash":")").hash(state.voters_hash).then("\"");
    if (in.next(R"(,"covered":false)")) state.covered = false;
    if (in.next(R"(,"spec_revision":)")) in.whole(state.spec_revision);
    if (in.next(R"(,"counted_under":")")) in.hash(state.counted_under.hash).then("\"");
    in.then(R"(,"votes":[)");
    bool more = !in.next("]}");
    while (more && in.good()) {
        Vote vote;
        std::int16_t region = 0;
        in.then(R"({"region":)").whole(region).then(R"(,"slot":)").time(vote.slot).then(R"(,"attempt":)").whole(vote.attempt);
        in.then(R"(,"at":)").time(vote.taken_at).then(R"(,"verdict":"up"})");
        vote.region = static_cast<RegionId>(region);
        state.votes.push_back(std::move(vote));
        more = in.next(",");
        if (!more) in.then("]}");
    }
    if (!in.done()) return std::nullopt;
    return state;
}

}  // namespace sonde::decision
