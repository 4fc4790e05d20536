#include "controlplane/drill/progress.h"

namespace sonde::drill {

Outcome judge(const Progress& progress, TimePoint now, TimePoint deadline) {
    if (progress.told_at) return *progress.told_at <= deadline ? Outcome{RunState::passed} : Outcome{RunState::failed, Reason::late};
    if (progress.delivery == "not_sent") return {RunState::failed, Reason::not_sent};
    if (progress.delivery == "dead") return {RunState::failed, Reason::not_accepted};
    if (now <= deadline) return {};
    if (!progress.failed_check_at) return {RunState::failed, Reason::not_checked};
    if (!progress.opened_at) return {RunState::failed, Reason::not_opened};
    return {RunState::failed, progress.planned_at ? Reason::late : Reason::not_planned};
}

std::string_view in_words(Reason reason) {
    switch (reason) {
        case Reason::none: return "";
        case Reason::monitor_silent: return "its monitor is not checked: it is paused or disabled, or its site is not active";
        case Reason::not_checked: return "no check has failed";
        case Reason::not_opened: return "checks failed, and no incident was opened";
        case Reason::not_planned: return "an incident was opened, and nothing was planned for the channel";
        case Reason::not_sent: return "the channel was not to be told of the incident";
        case Reason::not_accepted: return "the channel's receiver refused the message";
        case Reason::late: return "the channel's receiver has not taken the message in time";
    }
    return "";
}

}  // namespace sonde::drill
