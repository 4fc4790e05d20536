#include "controlplane/api/person/settings_draft.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/body.h"

namespace sonde::controlplane {
namespace {

using retention::Kept;

void read_retention(const Json& document, const std::string& pointer, json::Problems& problems, retention::Retention& target) {
    json::Reader in(document, pointer, problems);
    for (std::size_t i = 0; i < retention::kAllKept; ++i) {
        const auto kept = static_cast<Kept>(i);
        const auto* value = in.value(name_of(kept));
        if (value == nullptr || value->is_null()) continue;
        int days = 0;
        if (in.whole(name_of(kept), days, retention::fewest_days(kept), retention::kMostDays)) target.set(kept, days);
    }
    in.finish();
}

}  // namespace

SettingsDraft read_settings(const Json& document, const std::string& pointer, json::Problems& problems) {
    SettingsDraft draft;
    json::Reader in(document, pointer, problems);
    if (const auto* said = in.object("retention")) read_retention(*said, in.pointer("retention"), problems, draft.retention);
    refuse_read_only(in, {"version", "updated_at"});
    in.finish();
    return draft;
}

Json write_settings(const SettingsDraft& draft) { return {{"retention", retention::write(draft.retention)}}; }

}  // namespace sonde::controlplane
