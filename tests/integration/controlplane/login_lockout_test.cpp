// What becomes of those who guess.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/integration/controlplane/login_person.h"

namespace login_lockout_test {

using namespace sonde;
using namespace sonde::test;

namespace {

int guess(const std::string& name, const std::string& address) { return log_in(name, "a wrong guess", {from(address)}).status; }

// Waits for nothing: what blocks is over, what was counted stays.
void let_time_pass() { stand().run("update login_attempt set blocked_until = last_at - interval '1 second'"); }

// Who has to wait has to for longer than any machine is slow.
void make_waits_long() { stand().run("update login_attempt set blocked_until = blocked_until + interval '10 minutes' where blocked_until > last_at"); }

std::int64_t longest_wait_ms() {
    return stand().pool().transact([](db::Tx& tx) { return tx.run_text("select (extract(epoch from max(blocked_until - last_at)) * 1000)::bigint from login_attempt")[0].whole(0); });
}

}  // namespace

TEST_CASE("after ten wrong guesses an account has to wait, from wherever they come, whether it is one or not") {
    clear_people();
    make_user("marie");
    make_user("pierre");
    for (const auto* name : {"marie", "no-such-user"}) {
        for (int i = 0; i < 10; ++i) CHECK(guess(name, "198.51.100." + std::to_string(i)) == 401);
        make_waits_long();
        const auto limited = log_in(name, kPassword, {from("198.51.100.77")});
        CHECK(limited.status == 429);
        CHECK(limited.json()["type"] == "urn:sonde:problem:too_many_requests");
        CHECK(std::stoi(limited.header("retry-after")) >= 1);
    }
    CHECK(log_in("pierre", kPassword, {from("198.51.100.77")}).status == 201);
    let_time_pass();
    CHECK(log_in("marie", kPassword, {from("198.51.100.77")}).status == 201);
    CHECK(guess("marie", "198.51.100.77") == 401);  // and anew
}

TEST_CASE("the wait doubles, and is never more than a minute for an account") {
    clear_people();
    const auto guess_once = [](int i) {
        let_time_pass();
        CHECK(guess("marie", "198.51.100." + std::to_string(i)) == 401);
        return longest_wait_ms();
    };
    for (int i = 1; i < 10; ++i) CHECK(guess_once(i) == 0);
    for (int i = 0; i < 6; ++i) CHECK(guess_once(10 + i) == 1000 << i);
    for (int i = 6; i < 9; ++i) CHECK(guess_once(10 + i) == 60'000);
}

TEST_CASE("an address that guesses many accounts has to wait, and others do not") {
    clear_people();
    make_user("marie");
    for (int i = 0; i < 20; ++i) CHECK(guess("user" + std::to_string(i), "2001:db8::" + std::to_string(i)) == 401);
    make_waits_long();
    CHECK(log_in("marie", kPassword, {from("2001:db8::ffff")}).status == 429);
    CHECK(log_in("marie", kPassword, {from("2001:db8:0:1::1")}).status == 201);
    CHECK(log_in("marie", kPassword, {from("2001:db8::ffff, 2001:db8:0:2::1")}).status == 201);  // what he says of others counts for nothing
}

TEST_CASE("many guesses at once get no further than one after the other") {
    clear_people();
    make_user("marie");
    std::atomic<int> looked_at{0};
    std::vector<std::thread> guessers;
    for (int i = 0; i < 8; ++i) {
        guessers.emplace_back([&looked_at, i] {
            for (int j = 0; j < 5; ++j) looked_at += guess("marie", "198.51.100." + std::to_string(10 * i + j)) == 401 ? 1 : 0;
        });
    }
    for (auto& guesser : guessers) guesser.join();
    CHECK(looked_at >= 10);
    CHECK(looked_at <= 16);  // a minute may have passed
}

TEST_CASE("who knows his password is not kept from changing it by those who guess at his name") {
    clear_people();
    make_user("marie");
    const Person marie("marie");
    for (int i = 0; i < 10; ++i) guess("marie", "198.51.100." + std::to_string(i));
    make_waits_long();
    const auto changed = marie.send("PUT", "/v1/users/me/password", R"({"old_password": "correct horse battery", "password": "another horse battery"})");
    CHECK(changed.status == 201);
    const Person again(changed);
    for (int i = 0; i < 10; ++i) {
        CHECK(again.send("PUT", "/v1/users/me/password", R"({"old_password": "guessed", "password": "another horse battery"})").status == 422);
    }
    make_waits_long();
    CHECK(again.send("PUT", "/v1/users/me/password", R"({"old_password": "guessed", "password": "another horse battery"})").status == 429);
}

TEST_CASE("what was tried long ago is forgotten") {
    clear_people();
    for (int i = 0; i < 10; ++i) CHECK(guess("marie", "198.51.100." + std::to_string(i)) == 401);
    stand().run("update login_attempt set last_at = now() - interval '2 hours', blocked_until = now() - interval '1 hour'");
    CHECK(guess("marie", "198.51.100.1") == 401);
    CHECK(guess("marie", "198.51.100.1") == 401);
    const auto rows = stand().pool().transact([](db::Tx& tx) { return tx.run_text("select count(*) from login_attempt")[0].whole(0); });
    CHECK(rows == 2);
}

}  // namespace login_lockout_test
