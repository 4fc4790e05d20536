// Replays the traces in tests/unit/decision/traces. A trace is a list of events, each with what the core made of it:
//
//     monitor API interval 30s timeout 10s regions eu=a us=b ap=c policy {"quorum": "all"}
//     [    30] eu down(connect_refused) → below_quorum (1/3 down, 2 needed); …
//
// A heartbeat monitor is `monitor NAME heartbeat {spec}`; its events are `ping <kind> [run <id>] [at <s>]`, `period <ms>`, and `deaf` and `hears`:
// between them the engine does not know what is in the stream. Other events: `<region> <verdict>[(<class>)] [slot <s>] [#<attempt>] [started <s>] [backfilled] [rev <n>]`,
// `pause`, `resume`, `delete`, `edit` (of the spec: the next revision), `policy {…}`, `interval <duration>`, `regions <name>=<domain>…`, `quarantine <region>`,
// `release <region>`, `judged well|doubtful`, `<action> by <actor> [version <n>] [<term> <value>]…`, `site-gone`, `nothing`; `@<monitor>` at the end where there are several.
// A result is of the revision that the engine knows, unless it says another.
// `depends A on B`, `group NAME needs 2 of A B C [quiet]` stand before the events; `window begins`, `window ends`, `independent` (no parents any more)
// change what is around a monitor. What others decide because of an event follows it after `|`.
// Ticks that come due in between are shown as lines of their own, marked `·`.
// SONDE_UPDATE_GOLDEN=1 writes the traces anew.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lib/base/duration.h"
#include "lib/check/spec.h"
#include "tests/unit/decision/world.h"

namespace trace_test {

using namespace sonde;
using namespace sonde::decision;
using std::chrono::minutes;

namespace {

TimePoint at_seconds(double s) { return from_unix_ms(1'000'000'200'000 + std::llround(s * 1000)); }

std::string seconds_of(TimePoint at) {
    const auto ms = to_unix_ms(at) - 1'000'000'200'000;
    auto text = fmt::format("{:.3f}", static_cast<double>(ms) / 1000);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
}

class Replay {
public:
    std::string run(std::istream& in) {
        std::string line;
        while (std::getline(in, line)) {
            if (line.empty() || line[0] == '#') {
                out_ += line + "\n";
            } else if (line.starts_with("monitor ")) {
                out_ += line + "\n";
                add_monitor(line);
            } else if (line.starts_with("depends ") || line.starts_with("group ")) {
                out_ += line + "\n";
                relate(line);
            } else if (line.find("] ·") == std::string::npos) {
                event(line.substr(0, line.find(" → ")));
            }
        }
        return out_;
    }

private:
    void set_regions(Definition& definition, std::istringstream& words) {
        definition.voters.clear();
        std::string word;
        while (words >> word && word != "policy") {
            const auto equals = word.find('=');
            const auto name = word.substr(0, equals);
            auto [found, fresh] = ids_.try_emplace(name, static_cast<int>(ids_.size()) + 1);
            definition.voters.push_back({static_cast<RegionId>(found->second), name, word.substr(equals + 1), 0});
        }
        arrange_voters(definition);
    }

    void set_policy(Definition& definition, const std::string& text) {
        json::Problems problems;
        const auto document = json::parse(text.substr(0, text.rfind('}') + 1));
        REQUIRE(document.ok());
        definition.policy = check::read_policy(*document, "", problems);
        REQUIRE(problems.empty());
        weigh(definition);
    }

    void weigh(Definition& definition) {
        std::vector<IllRegion> ill;
        for (const auto& [name, since] : ill_) ill.push_back({static_cast<RegionId>(ids_.at(name)), since});
        weigh_voters(definition, ill);
    }

    void set_heartbeat(Definition& definition, const std::string& line) {
        const auto from = line.find("heartbeat ") + 10;
        const auto document = json::parse(line.substr(from, line.find(" policy ", from) - from));
        REQUIRE(document.ok());
        definition.heartbeat = std::get<check::HeartbeatSpec>(*check::read_spec(check::Kind::heartbeat, *document, ""));
        definition.policy.recovery_rounds = 1;
        definition.voters = {{kPushRegion, "push", "push", 0}};
        arrange_voters(definition);
    }

    void add_monitor(const std::string& line) {
        auto definition = test::definition_with({});
        std::istringstream words(line);
        std::string word;
        words >> word >> definition.name;
        definition.monitor = MonitorId{static_cast<std::int64_t>(world_.size()) + 1};
        while (words >> word) {
            if (word == "interval" && words >> word) definition.interval = parse_duration(word).value();
            else if (word == "timeout" && words >> word) definition.timeout = parse_duration(word).value();
            else if (word == "hold" && words >> word) definition.hold = parse_duration(word).value();
            else if (word == "rotates") definition.rotates = true;
            else if (word == "severity" && words >> word) definition.severity = from_name<Severity>(word).value();
            else if (word == "heartbeat") { set_heartbeat(definition, line); break; }
            else if (word == "regions") { set_regions(definition, words); break; }
            else FAIL("unknown word " << word);
        }
        if (const auto policy = line.find("policy "); policy != std::string::npos) set_policy(definition, line.substr(policy + 7));
        definition.revision = 1;
        monitors_[definition.name] = world_.add(definition);
    }

    void relate(const std::string& line) {
        std::istringstream words(line);
        std::string word, name, skip;
        words >> word >> name;
        if (word == "depends") {
            words >> skip >> word;
            const auto parent = groups_.contains(word) ? node_of(groups_.at(word)) : node_of(id_of(word));
            return world_.relations.depends(node_of(id_of(name)), parent);
        }
        GroupDefinition group;
        group.id = groups_[name] = GroupId{1000 + static_cast<std::int64_t>(groups_.size())};
        group.site = SiteId{1};
        group.name = name;
        group.site_name = "Shop";
        words >> skip >> group.needed >> skip;
        while (words >> word) {
            if (word == "quiet") group.quiet_members = true;
            else group.members.push_back(id_of(word));
        }
        world_.relations.put_group(group);
    }

    MonitorId id_of(const std::string& name) { return world_.monitor(monitors_.at(name)).definition.monitor; }

    void run_ticks(TimePoint until) {
        while (const auto due = world_.next_tick(now_)) {
            if (due->first > until) break;
            now_ = std::max(now_, due->first);
            const auto text = world_.happens(due->second, now_, Tick{world_.listening_since, deaf_since_.value_or(now_)});
            if (text.find(';') != std::string::npos) out_ += fmt::format("[{:>7}] · tick → {}\n", seconds_of(now_), text);
        }
    }

    void event(std::string line) {
        while (!line.empty() && line.back() == ' ') line.pop_back();
        const auto close = line.find(']');
        REQUIRE_MESSAGE(close != std::string::npos, line);
        const auto now = at_seconds(std::stod(line.substr(1, close - 1)));
        if (now_ == TimePoint{}) now_ = world_.listening_since = now;
        run_ticks(now);
        now_ = now;
        std::istringstream words(line.substr(close + 1));
        int index = 0;
        if (const auto name = line.find('@'); name != std::string::npos) index = monitors_.at(line.substr(name + 1));
        out_ += fmt::format("{} → {}\n", line, decide_on(index, words));
    }

    std::string decide_on(int index, std::istringstream& words) {
        auto& definition = world_.monitor(index).definition;
        std::string word;
        words >> word;
        if (word == "nothing") return "nothing";
        if (word == "deaf" || word == "hears") {
            deaf_since_ = word == "deaf" ? std::optional(now_) : std::nullopt;
            return word;
        }
        if (word == "period") {
            int ms = 0;
            words >> ms;
            definition.heartbeat->period = milliseconds{ms};
            ++definition.spec_hash;
            return world_.happens(index, now_, DefinitionRead{});
        }
        if (word == "quarantine" || word == "release") {
            std::string region;
            words >> region;
            if (word == "release") ill_.erase(region);
            if (word == "quarantine") ill_[region] = now_ - minutes{5};
            weigh(definition);
            return world_.happens(index, now_, DefinitionRead{});
        }
        if (word == "judged") {
            std::string judgement;
            words >> judgement;
            return world_.happens(index, now_, RegionsJudged{judgement == "well"});
        }
        if (word == "window") {
            words >> word;
            if (word == "begins") world_.windows[index] = WindowId{500};
            else world_.windows.erase(index);
            return word + world_.settle(now_);
        }
        if (word == "independent") {
            const auto edges = world_.relations.edges();
            const auto groups = world_.relations.groups();
            world_.relations.clear();
            for (const auto& [id, group] : groups) world_.relations.put_group(group);
            for (const auto& [child, parents] : edges) {
                if (child == node_of(definition.monitor)) continue;
                for (const auto parent : parents) world_.relations.depends(child, parent);
            }
            return word + world_.settle(now_);
        }
        if (word == "ping") return world_.happens(index, now_, ping(words));
        if (word == "site-gone") return world_.site_gone(now_);
        if (const auto action = from_name<Action>(word)) return world_.command(now_, Scope::outage, command(*action, words));
        if (word == "policy" || word == "interval") {
            std::string rest;
            std::getline(words, rest);
            ++definition.revision;
            if (word == "policy") set_policy(definition, rest);
            if (word == "interval") {
                const auto before = definition;
                definition.interval = parse_duration(rest.substr(1, rest.find_first_of(" @", 1) - 1)).value();
                follows(definition, before, now_);
            }
            return world_.happens(index, now_, DefinitionRead{});
        }
        if (word == "pause" || word == "resume" || word == "delete" || word == "edit" || word == "regions") {
            ++definition.revision;
            if (word == "pause") definition.activity = Activity::paused;
            if (word == "resume") definition.activity = Activity::active;
            if (word == "delete") definition.activity = Activity::deleted;
            if (word == "edit") ++definition.spec_hash;
            if (word == "regions") {
                set_regions(definition, words);
                weigh(definition);
            }
            return world_.happens(index, now_, DefinitionRead{});
        }
        return world_.happens(index, now_, result(definition, word, words));
    }

    Command command(Action action, std::istringstream& words) {
        Command command{action, {}, {}, {}};
        Opening opening{SiteId{1}, Scope::outage, "by hand"};
        Reopening reopening;
        SeverityWish severity;
        UpdateDraft update;
        PostmortemDraft postmortem{"what happened", "why", false};
        std::string word;
        std::string value;
        while (words >> word >> value) {
            if (word == "by") command.actor = value;
            else if (word == "version") command.if_version = std::stoi(value);
            else if (word == "monitor") opening.monitors.push_back(world_.monitor(monitors_.at(value)).definition.monitor);
            else if (word == "severity") severity.severity = opening.severity = from_name<Severity>(value);  // nothing for `auto`
            else if (word == "auto-resolve") reopening.auto_resolve = opening.auto_resolve = value == "yes";
            else if (word == "to") command.terms = Assignment{value == "nobody" ? "" : value};
            else if (word == "title") command.terms = Retitling{value};
            else if (word == "number") update.number = std::stoi(value);
            else if (word == "status") update.status = from_name<PublicStatus>(value).value();
            else if (word == "text") update.text = value;
            else if (word == "published") postmortem.published = value == "yes";
            else FAIL("unknown word " << word);
        }
        if (action == Action::open) command.terms = opening;
        if (action == Action::reopen) command.terms = reopening;
        if (action == Action::set_severity) command.terms = severity;
        if (action == Action::write_postmortem) command.terms = postmortem;
        const bool of_update = action == Action::publish_update || action == Action::edit_update || action == Action::delete_update;
        if (of_update) command.terms = update;
        return command;
    }

    PingSeen ping(std::istringstream& words) {
        PingSeen seen;
        seen.at = now_;
        std::string word;
        words >> word;
        seen.kind = from_name<check::PingKind>(word).value();
        if (seen.kind == check::PingKind::fail) seen.message = "the job reported a failure";
        while (words >> word) {
            double s = 0;
            if (word == "run" && words >> seen.run) continue;
            if (word == "at" && words >> s) seen.at = at_seconds(s);
            else if (word[0] == '@') break;
            else FAIL("unknown word " << word);
        }
        return seen;
    }

    ResultSeen result(const Definition& definition, const std::string& region, std::istringstream& words) {
        ResultSeen seen;
        seen.region = static_cast<RegionId>(ids_.contains(region) ? ids_.at(region) : 99);
        std::string verdict;
        words >> verdict;
        if (const auto open = verdict.find('('); open != std::string::npos) {
            seen.cause = from_name<check::FailureClass>(verdict.substr(open + 1, verdict.size() - open - 2)).value();
            verdict.resize(open);
        }
        seen.verdict = from_name<check::Verdict>(verdict).value();
        const auto interval = definition.interval.count();
        seen.slot = from_unix_ms(to_unix_ms(now_) / interval * interval);
        seen.started_at = now_;
        seen.revision = definition.revision;
        std::string word;
        while (words >> word) {
            double s = 0;
            if (word[0] == '#') seen.attempt = std::stoi(word.substr(1));
            else if (word[0] == '@') break;
            else if (word == "slot" && words >> s) seen.slot = at_seconds(s);
            else if (word == "started" && words >> s) seen.started_at = at_seconds(s);
            else if (word == "rev" && words >> s) seen.revision = static_cast<int>(s);
            else if (word == "backfilled") seen.backfilled = true;
            else FAIL("unknown word " << word);
        }
        return seen;
    }

    test::World world_;
    std::map<std::string, int> monitors_;
    std::map<std::string, int> ids_;
    std::map<std::string, TimePoint> ill_;
    std::map<std::string, GroupId> groups_;
    TimePoint now_;
    std::optional<TimePoint> deaf_since_;
    std::string out_;
};

}  // namespace

TEST_CASE("the core decides as the traces say") {
    const auto* source = std::getenv("SONDE_SOURCE_DIR");  // set by meson
    const auto directory = std::filesystem::path(source != nullptr ? source : ".") / "tests/unit/decision/traces";
    int replayed = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
        if (file.path().extension() != ".trace") continue;
        std::stringstream expected;
        expected << std::ifstream(file.path()).rdbuf();
        const auto actual = Replay().run(expected);
        ++replayed;
        if (std::getenv("SONDE_UPDATE_GOLDEN") != nullptr) {
            std::ofstream(file.path()) << actual;
            continue;
        }
        std::istringstream want(expected.str());
        std::istringstream have(actual);
        std::string want_line;
        std::string have_line;
        while (std::getline(have, have_line)) {
            std::getline(want, want_line);
            CHECK_MESSAGE(have_line == want_line, file.path().filename().string());
        }
        CHECK_MESSAGE(!std::getline(want, want_line), file.path().filename().string() << " ends early");
    }
    CHECK(replayed >= 10);
}

}  // namespace trace_test
