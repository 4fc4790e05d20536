// What messages to subscribers say, in the languages that status pages speak. Pure.
#pragma once

#include <string_view>

namespace sonde::notifier::subscriber {

struct Words {
    std::string_view code;
    // Of a subject, before what it is about.
    std::string_view opened;
    std::string_view investigating;
    std::string_view identified;
    std::string_view monitoring;
    std::string_view resolved;
    std::string_view postmortem;
    std::string_view scheduled;
    std::string_view started;
    std::string_view ended;
    std::string_view cancelled;
    // Names of facts.
    std::string_view affected;
    std::string_view began;
    std::string_view from;
    std::string_view until;
    // Where links lead.
    std::string_view more;
    std::string_view manage;
    std::string_view unsubscribe;
    std::string_view confirm;
    // Sentences; `{}` is the page's title.
    std::string_view because;
    std::string_view ask_subject;
    std::string_view ask;
    std::string_view not_you;
    std::string_view known_subject;
    std::string_view known;
};

// English for a language that is none of them.
const Words& words_of(std::string_view language);

}  // namespace sonde::notifier::subscriber
