#include "notifier/core/dead_letter.h"

#include "notifier/core/wording.h"
#include "notifier/core/words.h"

namespace sonde::notifier {

Json dead_letter_event(EventId id, TimePoint at, const DeadLetter& letter) {
    const auto untold = notice_of(letter.document, "");
    const auto incident_severity = text_of(part_of(letter.document, "incident"), "severity");
    Json event;
    event["v"] = 1;
    event["id"] = id.text();
    event["kind"] = "delivery.dead";
    event["at"] = to_rfc3339(at);
    event["actor"] = "notifier";
    event["reason"] = letter.reason;
    if (const auto& site = part_of(letter.document, "site"); site.is_object()) event["site"] = site;
    event["channel"] = {{"id", letter.channel.text()}, {"name", letter.channel_name}};
    auto& delivery = event["delivery"];
    delivery["id"] = letter.delivery.text();
    delivery["event_id"] = letter.event.text();
    delivery["event_kind"] = letter.event_kind;
    delivery["incident_id"] = letter.incident ? Json(letter.incident->text()) : Json(nullptr);
    delivery["severity"] = incident_severity.empty() ? text_of(part_of(letter.document, "digest"), "severity") : incident_severity;
    delivery["title"] = untold.title;
    delivery["text"] = untold.text;
    delivery["attempts"] = letter.attempts;
    delivery["http_status"] = letter.status ? Json(*letter.status) : Json(nullptr);
    delivery["error"] = letter.error;
    if (const auto& tags = part_of(letter.document, "tags"); tags.is_array()) event["tags"] = tags;
    if (const auto& regions = part_of(letter.document, "regions"); regions.is_array()) event["regions"] = regions;
    return event;
}

}  // namespace sonde::notifier
