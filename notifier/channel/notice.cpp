#include "notifier/channel/notice.h"

#include "lib/template/template.h"
#include "notifier/core/clean_text.h"
#include "notifier/core/words.h"

namespace sonde::notifier {
namespace {

std::string one_line(std::string text) {
    text = clean_text(text, text.size() * 3);
    const auto first = text.find_first_not_of(' ');
    return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

Result<std::string> filled(const std::string& text, const mustache::Values& values) {
    const auto parsed = mustache::Template::parse(text);
    if (!parsed) return Error{parsed.error().message};
    return parsed->render(values);
}

mustache::Values values_of(const Notice& notice, const Json& event) {
    auto values = event;
    values["title"] = notice.title;
    values["text"] = notice.text;
    values["link"] = notice.link;
    values["ack_url"] = notice.ack_url;
    values["facts"] = Json::array();
    for (const auto& fact : notice.facts) values["facts"].push_back({{"name", fact.name}, {"value", fact.value}});
    return mustache::Values(values);
}

void reword(Notice& notice, const channel::Words& words, const Json& event) {
    const auto values = values_of(notice, event);
    if (words.title) {
        const auto title = filled(*words.title, values);
        const auto line = title ? one_line(*title) : std::string();
        if (!line.empty()) notice.title = line;
        else notice.facts.push_back({"Template of the title", title ? "came to nothing" : title.error().message});
    }
    if (words.text) {
        const auto text = filled(*words.text, values);
        if (text) notice.text = *text;
        else notice.facts.push_back({"Template of the text", text.error().message});
    }
}

}  // namespace

Notice notice_for(const Message& message, const Json& event) {
    auto notice = notice_of(event, message.base_url);
    notice.ack_url = message.ack_url;
    const auto words = message.templates.of(text_of(event, "kind"));
    if (words != channel::Words{}) reword(notice, words, event);
    return notice;
}

}  // namespace sonde::notifier
