#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/failure.h"
#include "lib/calendar/schedule.h"

namespace sonde::cli {
namespace {

struct NextArguments {
    std::string expression;
    std::string kind;
    std::string zone = "UTC";
    std::string from;
    std::string start;
    int count = 5;
};

TimePoint instant_of(const char* option, const std::string& text) {
    const auto at = from_rfc3339(text);
    if (!at) throw Failure{std::string(option) + " must be an RFC 3339 time as 2026-03-29T00:00:00Z, not `" + text + "`", kUsage};
    return *at;
}

int run_next(const NextArguments& arguments) {
    const auto zone = calendar::Zone::find(arguments.zone);
    if (!zone) throw Failure{"--tz " + zone.error().message, kUsage};
    auto at = arguments.from.empty() ? wall_now() : instant_of("--from", arguments.from);
    const auto start = arguments.start.empty() ? at : instant_of("--start", arguments.start);
    const auto kind = from_name<calendar::Kind>(arguments.kind).value_or(calendar::kind_of(arguments.expression));
    if (!arguments.start.empty() && kind != calendar::Kind::rrule) throw Failure{"--start is for a recurrence rule", kUsage};
    const auto schedule = calendar::Schedule::parse(kind, arguments.expression, *zone, start);
    if (!schedule) throw Failure{"not a valid " + std::string(name_of(kind)) + " expression: " + schedule.error().text(), kUsage};
    for (int i = 0; i < arguments.count; ++i) {
        const auto next = schedule->next_after(at);
        if (!next && i == 0) throw Failure{"`" + schedule->text() + "` never happens after " + schedule->zone().text(at)};
        if (!next) break;
        std::printf("%s\n", schedule->zone().text(*next).c_str());
        at = *next;
    }
    return kOk;
}

}  // namespace

void add_next(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("next", "Print when a cron, OnCalendar or RRULE expression happens next, one time a line");
    command->footer("Exit code: 0 if there is a next time, 1 if there is none, 2 if something given is not valid.");
    const auto arguments = std::make_shared<NextArguments>();
    command->add_option("expression", arguments->expression,
                        "five or six cron fields or a macro as @daily; RRULE:… or FREQ=…, after a DTSTART:… or not; or a calendar event as systemd's")->required();
    command->add_option("--kind", arguments->kind, "what it is, if its form should not decide: cron, oncalendar or rrule")
        ->check(CLI::IsMember({"cron", "oncalendar", "rrule"}));
    command->add_option("--tz", arguments->zone, "the IANA time zone it is in, unless it names one")->capture_default_str();
    command->add_option("--from", arguments->from, "times after this, RFC 3339; now if not given");
    command->add_option("--start", arguments->start, "the DTSTART of an RRULE, RFC 3339; --from if not given");
    command->add_option("--count", arguments->count, "how many")->check(CLI::Range(1, 100'000))->capture_default_str();
    command->callback([&run, arguments] { run = [arguments] { return run_next(*arguments); }; });
}

}  // namespace sonde::cli
