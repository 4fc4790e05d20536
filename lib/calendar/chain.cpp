#include "lib/calendar/chain.h"

#include <algorithm>

namespace sonde::calendar {
namespace {

constexpr std::int64_t kMicro = 1'000'000;

// Digits, with decimals if they may be, rounded to microseconds.
bool read_value(Scanner& in, bool decimals, std::int64_t& value) {
    const auto whole = in.number();
    if (!whole) return in.refuse(fmt::format("a number is needed here, not {}", in.here()));
    // Far beyond every range, and far from overflow.
    value = std::min<std::int64_t>(*whole, kMicro);
    if (!decimals) return true;
    value *= kMicro;
    // Two full stops are a range.
    if (in.peek() != '.' || in.peek(1) == '.') return true;
    in.skip(1);
    if (!is_digit(in.peek())) return in.refuse(fmt::format("decimals are needed here, not {}", in.here()));
    std::int64_t scale = kMicro / 10;
    for (; is_digit(in.peek()); in.skip(1)) {
        if (scale == 0) {  // the seventh decides how the sixth is rounded
            if (in.peek() >= '5') ++value;
            scale = -1;
        } else if (scale > 0) {
            value += (in.peek() - '0') * scale;
            scale /= 10;
        }
    }
    return true;
}

bool read_part(Scanner& in, bool decimals, Part& part) {
    if (!read_value(in, decimals, part.start)) return false;
    if (in.take("..")) {
        if (!read_value(in, decimals, part.stop)) return false;
        part.repeat = decimals ? kMicro : 1;
    }
    if (!in.take('/')) return true;
    const auto column = in.column();
    if (!read_value(in, decimals, part.repeat)) return false;
    return part.repeat > 0 || in.refuse_at(column, "a repetition of 0 never ends");
}

}  // namespace

bool read_chain(Scanner& in, bool decimals, Chain& chain) {
    chain.clear();
    if (in.take('*')) return true;
    do {
        if (!read_part(in, decimals, chain.emplace_back())) return false;
    } while (in.take(','));
    return true;
}

bool validate(Scanner& in, std::size_t column, const ChainKind& kind, Chain& chain) {
    for (auto& part : chain) {
        if (part.start < kind.least || part.start > kind.most || (part.stop >= 0 && part.stop > kind.most)) {
            const auto wrong = part.start < kind.least || part.start > kind.most ? part.start : part.stop;
            return in.refuse_at(column, fmt::format("{} must be from {} to {}, not {}", kind.name, kind.least, kind.most / kind.unit, wrong / kind.unit));
        }
        if (part.stop >= 0) {
            if (part.stop < part.start) return in.refuse_at(column, fmt::format("the range of {} ends before it begins", kind.name));
            part.stop -= (part.stop - part.start) % part.repeat;
            if (part.stop == part.start) part = {part.start, -1, 0};
        } else if (part.repeat > 0 && (kind.backwards ? part.start - part.repeat < kind.least : part.start + part.repeat > kind.most)) {
            return in.refuse_at(column, fmt::format("{} is repeated never: the step is too large", kind.name));
        }
    }
    std::sort(chain.begin(), chain.end());
    chain.erase(std::unique(chain.begin(), chain.end()), chain.end());
    // Every second, whichever way it was said.
    if (kind.unit == kMicro && std::find(chain.begin(), chain.end(), Part{0, -1, kMicro}) != chain.end()) chain.clear();
    return true;
}

std::string text_of(const Chain& chain, const ChainKind& kind) {
    if (chain.empty()) return "*";
    const auto value = [&](std::int64_t it, int width) {
        auto text = fmt::format("{:0{}}", it / kind.unit, width);
        if (it % kind.unit != 0) text += fmt::format(".{:06}", it % kind.unit);
        return text;
    };
    std::string text;
    for (const auto& part : chain) {
        if (!text.empty()) text += ',';
        text += value(part.start, kind.width);
        if (part.stop >= 0) text += ".." + value(part.stop, kind.width);
        if (part.repeat > 0 && !(part.stop >= 0 && part.repeat == kind.unit)) text += "/" + value(part.repeat, 1);
    }
    return text;
}

}  // namespace sonde::calendar
