// What ends by itself, and that it ends soon: certificates, and registrations of domains. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/decision/monitor_state.h"
#include "lib/decision/reason.h"
#include "lib/json/json.h"

namespace sonde::decision {

enum class Ending : unsigned char { certificate, domain };

// What one check saw: a threshold of its spec is crossed.
struct ExpirySeen {
    Ending what = Ending::certificate;
    std::string identity;    // of a certificate its SHA-256, of a registration the day of its end: what was renewed has another
    TimePoint ends_at;
    int threshold_days = 0;  // the least that is crossed
    Json facts;              // for people and machines, as in the event
};

// A threshold that was told of a monitor. It means something until `ends_at`.
struct ExpiryTold {
    Ending what = Ending::certificate;
    std::string identity;
    int threshold_days = 0;
    TimePoint ends_at;
    TimePoint told_at;
};

// Within a day, no more is told of one monitor: a target that shows itself anew to every check is not news each time.
constexpr std::size_t kMostExpiriesADay = 10;

// What the detail of a failing result says (message::write_detail). Nothing if no threshold is crossed, or it does not say whose.
std::optional<ExpirySeen> expiry_in(const Json& detail);

// True if the result became a vote that counts: a late one, one of another spec or of an ill region says nothing of what is there now.
bool is_heard(Reason reason);

// Maintenance, or a parent that is down: it is told by the first check after that.
bool withholds_expiry(const MonitorState& state);

// Whether `seen` is to be told. Each threshold of one identity is, once, and none after a lesser one; what has ended is not told to end soon.
// Whatever clock the check went by, `now` must be past the threshold.
bool is_news(const ExpirySeen& seen, const std::vector<ExpiryTold>& told, TimePoint now);

}  // namespace sonde::decision

template <>
struct sonde::EnumNames<sonde::decision::Ending> {
    static constexpr std::array<std::string_view, 2> names{"certificate", "domain"};
};
