// Lines that begin with `>` are ours, all others the server's.
#include "notifier/send/smtp_dialogue.h"

#include <algorithm>
#include <string>

#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(smtp_dialogue) {
    notifier::SmtpDialogue dialogue;
    std::size_t recipients = 0;
    const auto in_bounds = [](const notifier::MailAnswer& answer) { return answer.code >= 0 && answer.code <= 999 && answer.words.size() <= notifier::MailAnswer::kMaxWords; };
    for (auto text = fuzz::text(data, size); !text.empty();) {
        const auto end = std::min(text.find('\n'), text.size() - 1);
        const auto line = text.substr(0, end + 1);
        text.remove_prefix(end + 1);
        if (line.starts_with('>')) {
            dialogue.said(line.substr(1));
            if (line.substr(1).starts_with("RCPT TO:")) ++recipients;
        } else {
            const bool was_over = dialogue.is_over();
            const int before = dialogue.end().code;
            dialogue.answered(line);
            fuzz::require(!was_over || dialogue.end().code == before, "what was said to the message stays");
        }
        fuzz::require(dialogue.recipients().size() == recipients, "each recipient has a place");
        fuzz::require(in_bounds(dialogue.end()), "the end is an answer");
    }
    for (const auto& answer : dialogue.recipients()) fuzz::require(in_bounds(answer), "what a recipient got is an answer");
    return 0;
}
