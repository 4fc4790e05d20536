#include "lib/bus/answers.h"

#include <doctest/doctest.h>

namespace answers_test {

using namespace sonde;
using namespace sonde::bus;

namespace {

const MonotonicPoint kStart{} ;

struct Outcomes {
    std::vector<PublishOutcome> seen;
    Answers::OnPublished take() {
        return [this](PublishOutcome outcome) { seen.push_back(outcome); };
    }
};

}  // namespace

TEST_CASE("an answer ends what waits for it, and only once") {
    Answers answers(10);
    Outcomes outcomes;
    auto first = outcomes.take(), second = outcomes.take();
    const auto a = answers.expect_ack(first, kStart + seconds{5});
    const auto b = answers.expect_ack(second, kStart + seconds{5});
    CHECK(a != b);
    CHECK(answers.open_publishes() == 2);
    answers.acknowledged(a, PublishOutcome::accepted);
    answers.acknowledged(a, PublishOutcome::refused);
    answers.acknowledged(777, PublishOutcome::refused);
    answers.replied(b, Delivery{});
    CHECK(outcomes.seen == std::vector{PublishOutcome::accepted});
    answers.sweep(kStart + seconds{5});
    answers.fail_all();
    CHECK(outcomes.seen == std::vector{PublishOutcome::accepted, PublishOutcome::timed_out});
    CHECK(answers.open_publishes() == 0);
}

TEST_CASE("only what is overdue is swept") {
    Answers answers(10);
    Outcomes early, late;
    auto first = late.take(), second = early.take();
    answers.expect_ack(first, kStart + seconds{5});
    answers.expect_ack(second, kStart + seconds{2});
    CHECK(answers.next_deadline() <= kStart + seconds{2});
    answers.sweep(kStart + milliseconds{1999});
    CHECK(early.seen.empty());
    answers.sweep(kStart + seconds{2});
    CHECK(early.seen.size() == 1);
    CHECK(late.seen.empty());
    CHECK(answers.next_deadline() == kStart + seconds{5});
    answers.sweep(kStart + seconds{5});
    CHECK(late.seen.size() == 1);
    CHECK(answers.next_deadline() == MonotonicPoint::max());
}

TEST_CASE("beyond its capacity nothing is taken over, and the caller still has its callback") {
    Answers answers(1);
    Outcomes outcomes;
    auto first = outcomes.take(), second = outcomes.take();
    CHECK(answers.expect_ack(first, kStart) != 0);
    CHECK(answers.expect_ack(second, kStart) == 0);
    CHECK(second);
    Answers::OnReply reply = [](const std::optional<Delivery>&) {};
    CHECK(answers.expect_reply(reply, kStart) == 0);
    CHECK(reply);
}

TEST_CASE("a request ends with its reply, or with none when it is overdue") {
    Answers answers(10);
    std::vector<std::string> seen;
    const auto expect = [&] {
        Answers::OnReply done = [&seen](const std::optional<Delivery>& reply) { seen.push_back(reply ? reply->payload : "none"); };
        return answers.expect_reply(done, kStart + seconds{1});
    };
    Delivery delivery;
    delivery.payload = "hello";
    const auto answered = expect();
    expect();
    CHECK(answers.open_publishes() == 0);
    CHECK_FALSE(answers.is_publish(answered));
    answers.replied(answered, delivery);
    answers.sweep(kStart + seconds{1});
    CHECK(seen == std::vector<std::string>{"hello", "none"});
}

TEST_CASE("a callback may send anew") {
    Answers answers(10);
    int calls = 0;
    std::function<void(PublishOutcome)> again = [&](PublishOutcome) {
        if (++calls == 3) return;
        auto next = again;
        answers.expect_ack(next, kStart);
    };
    auto first = again;
    answers.expect_ack(first, kStart);
    while (answers.open_publishes() > 0) answers.sweep(kStart);
    CHECK(calls == 3);
}

}  // namespace answers_test
