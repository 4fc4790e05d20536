// What a subscriber reads: a message as data, and as text and page. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "notifier/subscriber/telling.h"

namespace sonde::notifier::subscriber {

// Where the links of a message lead; all absolute.
struct Places {
    std::string page;  // ends with `/`
    std::string confirm;
    std::string manage;
    std::string unsubscribe;
};

struct Letter {
    std::string language;
    std::string subject;
    std::string text;  // lines; may be empty
    std::vector<std::pair<std::string, std::string>> facts;
    std::pair<std::string, std::string> link;  // what the message is about: its words, and where they lead
    std::string thread;                        // of what belongs together; empty: it stands alone
    std::string foot;
    std::vector<std::pair<std::string, std::string>> foot_links;
};

// Of a notice's document, or the question whether he wants to be told; to who is confirmed, that he is already. Documents may be newer than this program: what it does not know is left out.
Letter letter_of(const Telling& telling, const Places& places);

std::string text_of(const Letter& letter);
// Loads nothing, and leaves colours to whoever shows it.
std::string page_of(const Letter& letter);

}  // namespace sonde::notifier::subscriber
