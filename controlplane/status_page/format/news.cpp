#include "controlplane/status_page/format/news.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/html.h"
#include "controlplane/status_page/format/parts.h"
#include "lib/json/json.h"

namespace sonde::status_page::format {
namespace {

// One paragraph as HTML and as lines at once.
class Prose {
public:
    void say(std::string_view text) {
        if (text.empty()) return;
        html_ += fmt::format("<p>{}</p>\n", lines(text));
        text_ += fmt::format("{}\n\n", text);
    }
    void say_under(std::string_view heading, std::string_view when, std::string_view text) {
        const auto head = when.empty() ? std::string(heading) : fmt::format("{}, {}", heading, when);
        html_ += fmt::format("<p><strong>{}</strong><br>\n{}</p>\n", lines(head), lines(text));
        text_ += fmt::format("{}\n{}\n\n", head, text);
    }
    [[nodiscard]] const std::string& html() const { return html_; }
    [[nodiscard]] std::string text() const { return text_.substr(0, text_.find_last_not_of('\n') + 1); }

private:
    static std::string lines(std::string_view text) {
        const auto clean = json::clean_utf8(text);
        std::string safe;
        for (std::size_t at = 0; at <= clean.size();) {
            const auto end = std::min(clean.find('\n', at), clean.size());
            if (at > 0) safe += "<br>\n";
            safe += sonde::html::escaped(std::string_view(clean).substr(at, end - at));
            at = end + 1;
        }
        return safe;
    }

    std::string html_;
    std::string text_;
};

Entry entry_of(const Voice& voice, std::string_view base, const Incident& incident) {
    const auto& words = voice.words;
    Prose prose;
    for (const auto& update : incident.updates) prose.say_under(words.text("phase", name_of(update.phase)), words.at(voice.zone, update.at), update.text);
    if (!incident.postmortem.empty()) prose.say_under(words.text("page", "postmortem"), incident.postmortem_at ? words.at(voice.zone, *incident.postmortem_at) : "", incident.postmortem);
    prose.say(voice.span(incident.began_at, incident.resolved_at));
    prose.say(voice.affected(incident.components));
    return {lasting_id(incident), address_of(base, incident), incident.title, incident.began_at, changed_at(incident), std::string(name_of(incident.phase)), prose.html(), prose.text()};
}

Entry entry_of(const Voice& voice, std::string_view base, const Maintenance& maintenance) {
    const auto& words = voice.words;
    Prose prose;
    prose.say(fmt::format("{}: {}", words.text("progress", name_of(maintenance.progress)), voice.span(maintenance.starts_at, maintenance.ends_at)));
    prose.say(maintenance.description);
    prose.say(voice.affected(maintenance.components));
    const auto title = fmt::format("{}: {}", words.text("page", "maintenance"), maintenance.title);
    return {lasting_id(maintenance), address_of(base, maintenance), title, maintenance.announced_at, changed_at(maintenance), std::string(name_of(maintenance.progress)), prose.html(), prose.text()};
}

}  // namespace

std::vector<Entry> news_of(const Snapshot& page, std::string_view base) {
    const Voice voice(page);
    std::vector<Entry> entries;
    for (const auto* incidents : {&page.open, &shown_past(page)}) {
        for (const auto& incident : *incidents) entries.push_back(entry_of(voice, base, incident));
    }
    for (const auto& maintenance : page.maintenance) entries.push_back(entry_of(voice, base, maintenance));
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.changed > b.changed; });
    if (entries.size() > kMostEntries) entries.resize(kMostEntries);
    return entries;
}

TimePoint last_news(const Snapshot& page, const std::vector<Entry>& entries) {
    if (!entries.empty()) return entries.front().changed;
    TimePoint at{};
    for (const auto& group : page.groups) {
        for (const auto& component : group.components) at = std::max(at, component.since);
    }
    return at == TimePoint{} ? page.made_at : at;
}

}  // namespace sonde::status_page::format
