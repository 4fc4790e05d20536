// Codes beside the password.
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "lib/account/totp.h"
#include "tests/integration/controlplane/login_person.h"

namespace login_totp_test {

using namespace sonde;
using namespace sonde::test;

namespace {

std::string body(const std::string& field, const std::string& text) { return json::dump(Json{{field, text}}); }

std::string from_base32(const std::string& text) {
    std::string bytes;
    unsigned pending = 0;
    unsigned bits = 0;
    for (const char c : text) {
        pending = (pending << 5) | static_cast<unsigned>(std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"}.find(c));
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>(pending >> bits);
            pending &= (1U << bits) - 1;
        }
    }
    return bytes;
}

// The app. What was used is forgotten before each code, so that no test waits for the next half minute.
struct App {
    Secret secret;

    [[nodiscard]] std::string code() const {
        stand().run("update totp set last_step = 0");
        return account::totp_code(secret, to_unix_ms(wall_now()) / 30'000);
    }
};

struct Enrolled {
    App app;
    std::vector<std::string> recovery_codes;
};

Enrolled enrol(const Person& person) {
    const auto begun = person.send("POST", "/v1/users/me/totp", body("password", kPassword));
    REQUIRE_MESSAGE(begun.status == 201, begun.body);
    Enrolled enrolled{{Secret(from_base32(begun.json()["secret"]))}, {}};
    const auto confirmed = person.send("POST", "/v1/users/me/totp/confirm", body("code", enrolled.app.code()));
    REQUIRE_MESSAGE(confirmed.status == 201, confirmed.body);
    enrolled.recovery_codes = confirmed.json()["recovery_codes"].get<std::vector<std::string>>();
    return enrolled;
}

Answer log_in_with(const std::string& code, const std::string& password = kPassword) {
    return stand().nobody().post("/v1/sessions", {{"login", "marie"}, {"password", password}, {"code", code}}, {from("192.0.2.1")});
}

}  // namespace

TEST_CASE("codes are asked for from the moment that one was given, and of whoever knows the password") {
    clear_people();
    make_user("marie");
    const Person marie("marie");
    CHECK(marie.send("POST", "/v1/users/me/totp", body("password", "wrong")).errors() == "/password: is not the password\n");
    const auto begun = marie.send("POST", "/v1/users/me/totp", body("password", kPassword));
    CHECK(begun.json()["uri"] == "otpauth://totp/Sonde:marie?secret=" + begun.json()["secret"].get<std::string>() + "&issuer=Sonde&algorithm=SHA1&digits=6&period=30");
    CHECK(log_in("marie").status == 201);
    CHECK(marie.send("POST", "/v1/users/me/totp/confirm", body("code", "000000x")).status == 422);
    const auto enrolled = enrol(marie);
    CHECK(marie.send("POST", "/v1/users/me/totp", body("password", kPassword)).status == 409);
    CHECK(marie.get("/v1/users/me").json()["user"]["has_second_factor"] == true);
    const auto without = log_in("marie");
    CHECK(without.status == 401);
    CHECK(without.json()["type"] == "urn:sonde:problem:second_factor");
    CHECK(log_in("marie", "wrong").json()["type"] == "urn:sonde:problem:unauthenticated");
    CHECK(log_in_with("000000x").body == log_in("marie", "wrong").body);
    CHECK(log_in_with(enrolled.app.code(), "wrong").status == 401);
    const auto done = log_in_with(enrolled.app.code());
    CHECK(done.status == 201);
    CHECK(Person(done).get("/v1/sessions/current").json()["method"] == "totp");
}

TEST_CASE("a code counts once, also of two who send it at once") {
    clear_people();
    make_user("marie");
    const auto enrolled = enrol(Person("marie"));
    const auto code = enrolled.app.code();
    int status[2] = {};
    std::thread other([&] { status[0] = log_in_with(code).status; });
    status[1] = log_in_with(code).status;
    other.join();
    CHECK(std::min(status[0], status[1]) == 201);
    CHECK(std::max(status[0], status[1]) == 401);
    CHECK(log_in_with(code).status == 401);
}

TEST_CASE("a recovery code stands in for the app once, and new ones take the place of all") {
    clear_people();
    make_user("marie");
    const Person marie("marie");
    const auto enrolled = enrol(marie);
    REQUIRE(enrolled.recovery_codes.size() == 10);
    const Person recovered(log_in_with(enrolled.recovery_codes[0]));
    CHECK(recovered.get("/v1/sessions/current").json()["method"] == "recovery_code");
    CHECK(log_in_with(enrolled.recovery_codes[0]).status == 401);
    const auto renewed = marie.send("POST", "/v1/users/me/recovery-codes", body("password", kPassword));
    REQUIRE(renewed.status == 201);
    CHECK(log_in_with(enrolled.recovery_codes[1]).status == 401);
    CHECK(log_in_with(renewed.json()["recovery_codes"][3]).status == 201);
}

TEST_CASE("a second factor is taken away by its owner, with the password, or by an administrator") {
    clear_people();
    const auto user = "/v1/users/" + make_user("marie");
    const Person marie("marie");
    enrol(marie);
    CHECK(marie.send("POST", "/v1/users/me/totp/remove", body("password", "wrong")).status == 422);
    CHECK(marie.send("POST", "/v1/users/me/totp/remove", body("password", kPassword)).status == 204);
    CHECK(log_in("marie").status == 201);
    CHECK(marie.send("POST", "/v1/users/me/recovery-codes", body("password", kPassword)).status == 409);
    enrol(marie);
    CHECK(stand().operate().del(user + "/totp").status == 403);
    CHECK(stand().admin().del(user + "/totp").status == 204);
    CHECK(stand().admin().get(user).json()["has_second_factor"] == false);
    CHECK(log_in("marie").status == 201);
}

TEST_CASE("what makes the codes is sealed, and of recovery codes there are hashes alone") {
    clear_people();
    make_user("marie");
    const auto enrolled = enrol(Person("marie"));
    const auto stored = stand().pool().transact([](db::Tx& tx) { return tx.run_text("select secret from totp")[0].bytes(0); });
    CHECK(stored.find(enrolled.app.secret.reveal()) == std::string::npos);
    const auto codes = stand().pool().transact([](db::Tx& tx) { return std::string(tx.run_text("select string_agg(encode(hash, 'escape'), ' ') from recovery_code")[0].text(0)); });
    for (const auto& code : enrolled.recovery_codes) CHECK(codes.find(account::plain_recovery_code(code)) == std::string::npos);
}

}  // namespace login_totp_test
