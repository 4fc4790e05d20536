#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/status_page/changes.h"
#include "cli/status_page/publish.h"
#include "controlplane/status_page/serve/static_site.h"
#include "controlplane/status_page/snapshot_json.h"
#include "lib/base/duration.h"
#include "lib/net/url.h"

namespace sonde::cli {
namespace {

constexpr long kSnapshotPatienceMs = 60'000;
constexpr milliseconds kLeastPause{5'000};
constexpr milliseconds kUsualPause{60'000};
constexpr milliseconds kGather{1'000};  // between two exports: what changes in a burst is written together

struct StatusPageArguments {
    std::string directory;
    std::string page;
    std::string url;
    std::string every;
    bool follow = false;
    std::string font;
    ApiOption api;
};

struct ExportedPage {
    std::string id;
    std::string address;
};

Json ask_for(const StatusPageArguments& arguments, const std::string& path) {
    const auto answer = ask_api(arguments.api, "GET", path, "", kSnapshotPatienceMs);
    if (answer.status != 200) throw Failure{refusal(answer)};
    return document_of(answer);
}

ExportedPage find_exported(const StatusPageArguments& arguments) {
    for (std::string path = "/v1/status-pages?limit=100&fields=id,slug,domain"; !path.empty();) {
        const auto pages = ask_for(arguments, path);
        for (const auto& page : pages.at("items")) {
            if (page.at("slug") != arguments.page && page.at("id") != arguments.page) continue;
            const auto& domain = page.at("domain");
            const auto own = domain.is_string() && !domain.get<std::string>().empty() ? "https://" + domain.get<std::string>() + "/" : "";
            auto address = arguments.url.empty() ? own : arguments.url;
            if (address.empty()) throw Failure{"where will it be? The page has no domain: say --url", kUsage};
            if (!address.ends_with('/')) address += '/';
            return {page.at("id").get<std::string>(), address};
        }
        const auto& next = pages.at("next_cursor");
        path = next.is_null() ? "" : "/v1/status-pages?limit=100&fields=id,slug,domain&cursor=" + next.get<std::string>();
    }
    throw Failure{fmt::format("there is no status page \"{}\"", arguments.page)};
}

status_page::Snapshot snapshot_of(const StatusPageArguments& arguments, const ExportedPage& page) {
    const auto document = ask_for(arguments, "/v1/status-pages/" + page.id + "/snapshot");
    json::Problems problems;
    auto snapshot = status_page::read_snapshot(document, "", problems);
    if (!problems.empty()) throw Failure{fmt::format("the answer is no snapshot that this version reads: {}: {}", problems[0].pointer, problems[0].detail)};
    return snapshot;
}

// The one that was asked for, or the usual one, where it is.
std::optional<status_page::picture::Font> font_of(const StatusPageArguments& arguments) {
    const std::string usual(status_page::picture::kUsualFont);
    if (arguments.font.empty() && access(usual.c_str(), R_OK) != 0) return std::nullopt;
    auto font = status_page::picture::Font::open(arguments.font.empty() ? usual : arguments.font);
    if (!font) throw Failure{"--font: " + font.error().message, kUsage};
    return *std::move(font);
}

std::size_t export_once(const StatusPageArguments& arguments, const ExportedPage& page, const status_page::Snapshot& snapshot, const status_page::picture::Font* font) {
    const auto files = status_page::serve::static_site(snapshot, page.address, wall_now(), font);
    static_files::publish(arguments.directory, files);
    return files.size();
}

// Until somebody ends it. What could not be had is told, and the page says how old it is.
[[noreturn]] void keep_exporting(const StatusPageArguments& arguments, const ExportedPage& page, status_page::Snapshot snapshot, const status_page::picture::Font* font, milliseconds every) {
    std::optional<Changes> changes;
    if (arguments.follow) changes.emplace(arguments.api, "/v1/status-pages/" + page.id + "/events");
    for (;;) {
        if (changes) {
            changes->wait(kGather, every);
        } else {
            std::this_thread::sleep_for(every);
        }
        try {
            snapshot = snapshot_of(arguments, page);
        } catch (const Failure& failure) {
            std::fprintf(stderr, "sonde: %s\n", failure.what());
        }
        try {
            export_once(arguments, page, snapshot, font);
        } catch (const Failure& failure) {
            std::fprintf(stderr, "sonde: %s\n", failure.what());
        }
    }
}

int run_status_page_export(const StatusPageArguments& arguments) {
    auto every = arguments.follow ? std::optional(kUsualPause) : std::nullopt;
    if (!arguments.every.empty()) {
        every = parse_duration(arguments.every);
        if (!every || *every < kLeastPause) throw Failure{"--every must be a duration of at least 5s, such as 60s", kUsage};
    }
    if (!arguments.url.empty()) {
        const auto url = net::parse_url(arguments.url);
        if (!url) throw Failure{"--url " + url.error().message, kUsage};
    }
    const auto font = font_of(arguments);
    const auto page = find_exported(arguments);
    auto snapshot = snapshot_of(arguments, page);
    const auto* drawn_with = font ? &*font : nullptr;
    const auto files = export_once(arguments, page, snapshot, drawn_with);
    std::fprintf(stderr, "%zu files written to %s\n", files, arguments.directory.c_str());
    if (every) keep_exporting(arguments, page, std::move(snapshot), drawn_with, *every);
    return kOk;
}

}  // namespace

void add_status_page(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("status-page", "Status pages");
    command->require_subcommand(1);
    auto* exporting = command->add_subcommand("export", "Write a status page as files, for any web server");
    exporting->footer("Exit code: 0 it is written, 1 it could not be, 2 something given is not valid. With --follow or --every it goes on until it is ended.");
    const auto arguments = std::make_shared<StatusPageArguments>();
    exporting->add_option("directory", arguments->directory, "where to; what was exported there before is replaced")->required();
    exporting->add_option("--page", arguments->page, "the page's slug or identifier")->required();
    exporting->add_option("--url", arguments->url, "where the files will be read, for feeds; the page's own domain if not given");
    exporting->add_flag("--follow", arguments->follow, "write it anew as soon as it changes, and now and then for its age");
    exporting->add_option("--every", arguments->every, "write it anew so often, such as 60s, which it is with --follow");
    exporting->add_option("--font", arguments->font, "a font file for the page's picture; DejaVu Sans Bold if not given, and no picture where that is not installed");
    add_api_options(*exporting, arguments->api);
    exporting->callback([&run, arguments] { run = [arguments] { return run_status_page_export(*arguments); }; });
}

}  // namespace sonde::cli
