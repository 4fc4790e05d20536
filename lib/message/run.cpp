#include "lib/message/run.h"

#include <fmt/format.h>

#include "lib/check/verdict.h"
#include "lib/message/json_text.h"
#include "lib/message/subject.h"

namespace sonde::message {
namespace {

constexpr std::size_t kLongestMessage = 64 << 10;

void check_document(const json_text::Fields& document) {
    const auto verdict = document.name<check::Verdict>("verdict");
    const auto cause = document.name<check::FailureClass>("class");
    if (check::is_agents_fault(cause) && verdict != check::Verdict::unknown) {
        throw document.wrong("class", "is the agent's fault, yet the verdict is not unknown");
    }
    (void)document.text("message", kLongestMessage);
    (void)document.object("phases_ms");
    (void)document.array("assertions", 0, 10'000);
}

}  // namespace

std::string write_run_answer(const RunAnswer& answer) {
    auto out = fmt::format(R"({{"v":1,"run":"{}","region":"{}","agent":)", answer.run.text(), answer.region);
    json_text::append_string(out, answer.agent);
    fmt::format_to(std::back_inserter(out), R"(,"started_at":{},"document":{}}})", to_unix_ms(answer.started_at), answer.document);
    return out;
}

Result<RunAnswer> read_run_answer(std::string_view text) {
    return json_text::read_message<RunAnswer>(text, [](const json_text::Fields& in) {
        RunAnswer answer;
        answer.run = in.id<RunId>("run");
        answer.region = in.text("region", 32);
        if (!subject::is_region_name(answer.region)) throw in.wrong("region", "is not the name of a region");
        answer.agent = in.text("agent", 64);
        answer.started_at = in.instant("started_at");
        check_document(in.object("document"));
        answer.document = in.object_text("document");
        if (answer.document.size() > kMaxRunDocument) throw in.wrong("document", fmt::format("is longer than {} bytes", kMaxRunDocument));
        return answer;
    });
}

}  // namespace sonde::message
