// What agents saw of failing checks is kept beside their results, in the same transaction.
#include <doctest/doctest.h>

#include "lib/message/subject.h"
#include "tests/integration/engine/stage.h"

namespace evidence_test {

using namespace sonde;
using namespace sonde::engine::test;
using check::FailureClass;
using check::Verdict;

namespace {

Report failing(const Stage& stage, MonitorId monitor, const std::string& region, int n, int attempt = 0) {
    return {.region = region, .monitor = monitor, .slot = stage.slot(n), .verdict = Verdict::down, .cause = FailureClass::reset,
            .attempt = attempt, .evidence = R"({"verdict":"down","saw":")" + region + "\"}"};
}

constexpr const char* kPieces = "select string_agg(format('%s %s %s', r.name, e.attempt, e.verdict), ', ' order by r.name, e.attempt) "
                                "from evidence e join region r on r.id = e.region_id";

}  // namespace

TEST_CASE("evidence of a failure and of its confirmations is kept, word for word; results that come without have none") {
    Stage stage;
    const auto monitor = stage.monitor(stage.site("API"), "API");
    const auto engine = stage.engine();
    stage.round(monitor, 0, Verdict::up);
    stage.report({failing(stage, monitor, "eu", 1),
                  failing(stage, monitor, "us", 1, 1),
                  {.region = "ap", .monitor = monitor, .slot = stage.slot(1), .attempt = 1, .evidence = R"({"verdict":"up","text":"it's \"\\\u00e9\""})"}});
    REQUIRE(eventually([&] { return stage.count("select count(*) from result") == 6; }));
    CHECK(stage.text(kPieces) == "ap 1 0, eu 0 2, us 1 2");
    CHECK(stage.text("select document::json ->> 'text' from evidence where verdict = 0") == "it's \"\\é\"");
    CHECK(stage.text("select document from evidence where attempt = 0") == R"({"verdict":"down","saw":"eu"})");
    CHECK(stage.count("select count(*) from evidence e join result r using (monitor_id, slot, region_id, attempt, verdict) where r.started_at = e.at") == 3);
}

TEST_CASE("evidence that comes again, or of a result that was there already, changes nothing") {
    Stage stage;
    const auto monitor = stage.monitor(stage.site("API"), "API");
    const auto engine = stage.engine();
    const auto first = failing(stage, monitor, "eu", 1);
    auto other = first;
    other.evidence = R"({"verdict":"down","saw":"something else"})";
    for (int i = 0; i < 3; ++i) stage.report({first, other});
    stage.report({failing(stage, monitor, "us", 1), other});
    REQUIRE(eventually([&] { return metric(*engine, "sonde_engine_results_duplicate_total") == 6; }));
    CHECK(stage.text(kPieces) == "eu 0 2, us 0 2");
    CHECK(stage.count("select count(*) from evidence where document like '%else%'") == 0);
}

TEST_CASE("evidence that is too long is not kept and is counted; its result and the others of its batch are kept") {
    Stage stage;
    const auto monitor = stage.monitor(stage.site("API"), "API");
    const auto engine = stage.engine();
    auto longest = failing(stage, monitor, "eu", 1);
    longest.evidence = R"({"body":")" + std::string(message::kMostEvidenceBytes - 11, 'x') + "\"}";
    REQUIRE(longest.evidence.size() == message::kMostEvidenceBytes);
    auto too_long = failing(stage, monitor, "eu", 2);
    too_long.evidence = R"({"body":")" + std::string(message::kMostEvidenceBytes - 10, 'x') + "\"}";
    stage.report({longest, too_long, failing(stage, monitor, "eu", 3)});
    REQUIRE(eventually([&] { return stage.count("select count(*) from result") == 3; }));
    CHECK(stage.count("select count(*) from evidence") == 2);
    CHECK(stage.count("select max(length(document)) from evidence") == static_cast<std::int64_t>(message::kMostEvidenceBytes));
    CHECK(eventually([&] { return metric(*engine, "sonde_engine_evidence_too_long_total") == 1; }));
    CHECK(stage.messages_in(message::subject::parked_stream) == 0);
}

TEST_CASE("a transaction that fails keeps neither results nor evidence, and does both when it succeeds") {
    Stage stage;
    const auto monitor = stage.monitor(stage.site("API"), "API");
    // Whatever fails after the evidence was written: here, what is decided cannot be.
    stage.run("create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$");
    stage.run("create trigger refuse before insert on monitor_state for each row execute function refuse()");
    const auto engine = stage.engine();
    stage.report({failing(stage, monitor, "eu", 1)});
    const bool refused = eventually([&] { return metric(*engine, "sonde_engine_batch_retries_total") >= 1; });
    const auto results = stage.count("select count(*) from result");
    const auto pieces = stage.count("select count(*) from evidence");
    stage.run("drop trigger refuse on monitor_state");
    stage.run("drop function refuse");
    CHECK(refused);
    CHECK(results == 0);
    CHECK(pieces == 0);
    // It may have been put aside meanwhile, as a message that the database does not take: the next one is kept.
    stage.report({failing(stage, monitor, "us", 1)});
    REQUIRE(eventually([&] { return stage.count("select count(*) from evidence e join region r on r.id = e.region_id where r.name = 'us'") == 1; }));
    CHECK(stage.count("select count(*) from evidence") == stage.count("select count(*) from result"));
}

}  // namespace evidence_test
