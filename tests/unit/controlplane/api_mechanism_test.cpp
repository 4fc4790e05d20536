// What all resources share: cursors, entity tags, query parameters, tokens.
#include <doctest/doctest.h>

#include "controlplane/api/endpoint/access.h"
#include "controlplane/api/endpoint/asset.h"
#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/page.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "lib/crypto/crypto.h"

namespace api_mechanism_test {

using namespace sonde;
using namespace sonde::controlplane;

namespace {

http::Request with_header(std::string name, std::string value) {
    http::Request request;
    request.headers.emplace_back(std::move(name), std::move(value));
    return request;
}

http::Request with_query(std::vector<std::pair<std::string, std::string>> query) {
    http::Request request;
    request.query = std::move(query);
    return request;
}

// The status that the call throws, 0 if it throws nothing.
template <class Call>
int status_of(Call call) {
    try {
        call();
        return 0;
    } catch (const http::ProblemError& error) {
        return error.kind.status;
    }
}

template <class Read>
std::string mistakes(std::vector<std::pair<std::string, std::string>> parameters, Read read) {
    const auto request = with_query(std::move(parameters));
    Query query(request);
    read(query);
    try {
        query.finish();
    } catch (const http::ProblemError& error) {
        std::string trace;
        for (const auto& problem : error.errors) trace += problem.pointer + ": " + problem.detail + "\n";
        return trace;
    }
    return "";
}

}  // namespace

TEST_CASE("a cursor comes back as it was, for its own list alone") {
    const Cursor cursor("results", {std::int64_t{1'700'000'000'123}, std::string("eu\"\n\xc3\xb6"), std::int64_t{-1}});
    const auto text = cursor.text();
    for (const char c : text) CHECK((std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'));
    const auto read = Cursor::parse(text, "results", 3);
    REQUIRE(read);
    CHECK(read->whole(0) == 1'700'000'000'123);
    CHECK(read->time(0) == from_unix_ms(1'700'000'000'123));
    CHECK(read->text(1) == "eu\"\n\xc3\xb6");
    CHECK(read->whole(2) == -1);
    CHECK(read->time(2) == TimePoint{});
    CHECK(read->whole(1) == 0);
    CHECK(read->text(0) == "");
    CHECK(!Cursor::parse(text, "sites", 3));
    CHECK(!Cursor::parse(text, "results", 2));
    CHECK(!Cursor::parse(text.substr(1), "results", 3));
    CHECK(!Cursor::parse("", "results", 3));
    CHECK(!Cursor::parse(std::string(10'000, 'A'), "results", 3));
}

TEST_CASE("forged cursors are refused") {
    for (const auto* document :
         {R"(["l"])", R"(["l",1.5])", R"(["l",true])", R"(["l",null])", R"(["l",[1]])", R"(["l",99999999999999999999])",
          R"(["l",18446744073709551615])", R"({"0":"l","1":1})", R"([1,1])", R"(["l",1,2])", R"(["l","a\u0000b"])", "x"}) {
        CAPTURE(document);
        CHECK(!Cursor::parse(crypto::base64url(document), "l", 1));
    }
    CHECK(Cursor::parse(crypto::base64url(R"(["l",1])"), "l", 1));
    CHECK(Cursor::parse(crypto::base64url(R"(["l",9223372036854775807])"), "l", 1)->time(0) == from_unix_ms(253'402'300'799'999));
}

TEST_CASE("the link to the next page keeps the parameters and escapes them") {
    http::Request request;
    request.path = "/v1/sites";
    request.query = {{"tag", "a&b>\"; x"}, {"cursor", "old"}, {"limit", "1"}};
    Page page;
    page.list = "sites";
    page.limit = 1;
    const auto response =
        page_response(request, page, {Json(1), Json(2)}, [](std::size_t) { return std::vector<Cursor::Value>{std::int64_t{5}}; });
    const auto cursor = Cursor("sites", {std::int64_t{5}}).text();
    CHECK(response.body == R"({"items":[1],"next_cursor":")" + cursor + "\"}");
    REQUIRE(response.headers.size() == 1);
    CHECK(response.headers[0].second == "</v1/sites?cursor=" + cursor + "&tag=a%26b%3E%22%3B%20x&limit=1>; rel=\"next\"");
    CHECK(page_response(request, page, {Json(1)}, [](std::size_t) { return std::vector<Cursor::Value>{}; }).body ==
          R"({"items":[1],"next_cursor":null})");
}

TEST_CASE("a tag has the version first, which is what If-Match asks for") {
    CHECK(entity_tag(3, "body").starts_with("\"3-"));
    CHECK(entity_tag(3, "body") != entity_tag(3, "other"));
    CHECK(version_of_tag("\"3-9f\"") == 3);
    CHECK(version_of_tag("\"3\"") == 3);
    for (const auto* tag : {"W/\"3\"", "3", "\"\"", "\"x\"", "\"3x\"", "\"-3\"", "\"0\"", "\"3", "\"99999999999\""}) {
        CAPTURE(tag);
        CHECK(!version_of_tag(tag));
    }
    const auto status = [](const char* header) { return status_of([&] { check_if_match(with_header("if-match", header), 3); }); };
    CHECK(status("\"3\"") == 0);
    CHECK(status("\"3-abc\"") == 0);
    CHECK(status(" \"1\" , \"3-a,b\"") == 0);
    CHECK(status("*") == 0);
    CHECK(status(" * ") == 0);
    CHECK(status("\"4\"") == 412);
    CHECK(status("W/\"3\"") == 412);
    CHECK(status("") == 412);
    CHECK(status("nonsense") == 412);
    CHECK(status("*, \"4\"") == 412);
    CHECK(status_of([] { check_if_match(http::Request{}, 3); }) == 0);
    CHECK(if_match_version(with_header("if-match", "\"8-x\"")) == 8);
    CHECK(!if_match_version(http::Request{}));
    CHECK(status_of([] { if_match_version(with_header("if-match", "W/\"8\"")); }) == 412);
}

TEST_CASE("If-None-Match answers 304 to reads alone, and compares weakly") {
    const Json document{{"a", 1}};
    const auto tag = entity_tag(1, json::dump(document));
    const auto status = [&](http::Method method, const std::string& header) {
        auto request = with_header("if-none-match", header);
        request.method = method;
        const auto response = resource_response(request, document, 1);
        CHECK(response.headers.back() == std::pair<std::string, std::string>{"ETag", tag});
        CHECK(response.body.empty() == (response.status == 304));
        return response.status;
    };
    CHECK(status(http::Method::get, tag) == 304);
    CHECK(status(http::Method::head, "\"x\", W/" + tag) == 304);
    CHECK(status(http::Method::get, "*") == 304);
    CHECK(status(http::Method::get, "\"1\"") == 200);
    CHECK(status(http::Method::get, "\"x\"") == 200);
    CHECK(status(http::Method::put, tag) == 200);
}

TEST_CASE("gzip is taken by name or by a star, unless it weighs nothing") {
    for (const auto* taken : {"gzip", "GZIP", "br, gzip", "gzip;q=0.1", "x-gzip", "*", "br;q=1.0, *;q=0.5", "identity;q=0, gzip ; q=1"}) CHECK_MESSAGE(accepts_gzip(taken), taken);
    for (const auto* refused : {"", "br", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0", "*, gzip;q=0", "gzipped", ",,;"}) CHECK_MESSAGE(!accepts_gzip(refused), refused);
}

TEST_CASE("query parameters: each mistake is told at its name") {
    const auto all = [](Query& query) {
        query.page("l", 1);
        query.text("tag", 4);
        query.boolean("open");
        query.instant("from");
        query.id<SiteId>("site_id");
        query.name<Role>("role");
    };
    CHECK(mistakes({}, all).empty());
    CHECK(mistakes({{"limit", "500"}, {"tag", "\xc3\xb6"}, {"open", "false"}, {"role", "operator"}}, all).empty());
    CHECK(mistakes({{"limit", "-1"}}, all) == "?limit: must be a whole number from 1 to 500\n");
    CHECK(mistakes({{"limit", ""}}, all) == "?limit: must be a whole number from 1 to 500\n");
    CHECK(mistakes({{"tag", "12345"}}, all) == "?tag: must be 1 to 4 bytes of UTF-8 without control characters\n");
    CHECK(mistakes({{"open", "1"}, {"from", "x"}, {"site_id", "x"}, {"role", "root"}}, all) ==
          "?open: must be true or false\n"
          "?from: must be an RFC 3339 date-time since 1970, like 2026-01-31T23:59:59Z\n"
          "?site_id: is not an identifier of the right kind\n"
          "?role: must be one of viewer, operator, admin\n");
    CHECK(mistakes({{"x", "1"}, {"x", "2"}, {"x", "3"}}, all) ==
          "?x: is given more than once\n?x: is not a parameter of this request\n");
}

TEST_CASE("plain text is valid UTF-8 without control characters") {
    for (const auto* good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
        CHECK(is_plain_text(good));
    for (const auto* bad : {"\x01", "\x7f", "\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                            "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "a\xff"}) {
        CAPTURE(bad);
        CHECK(!is_plain_text(bad));
    }
    CHECK(!is_plain_text(std::string_view("a\0b", 3)));
}

TEST_CASE("a bearer token is found whatever the case of its scheme, and nothing else is one") {
    CHECK(bearer_token("Bearer sonde_abc") == "sonde_abc");
    CHECK(bearer_token("bearer   sonde_abc") == "sonde_abc");
    CHECK(bearer_token("BEARER a-._~+/=") == "a-._~+/=");
    for (const auto* header :
         {"", "Bearer", "Bearer ", "Bearer a b", "Basic YTpi", "Bearersonde", "Bearer \xc3\xb6", "sonde_abc"}) {
        CAPTURE(header);
        CHECK(!bearer_token(header));
    }
    CHECK(!bearer_token("Bearer " + std::string(257, 'a')));
}

TEST_CASE("conditions number their parameters and never hold a value") {
    Conditions conditions;
    CHECK(conditions.where() == "");
    conditions.add("a is null");
    conditions.add("(b, c) < (?, ?)", {1, "x' or true"});
    conditions.add("d = ?", {true});
    CHECK(conditions.where() == "where a is null and (b, c) < ($1, $2) and d = $3");
    CHECK(conditions.bind(50) == "$4");
    CHECK(conditions.params().size() == 4);
}

TEST_CASE("of very many mistakes the first hundred are told, and all are counted") {
    json::Problems problems(250, {"/x", "is wrong"});
    try {
        refuse_if_any(problems);
        FAIL("did not refuse");
    } catch (const http::ProblemError& error) {
        CHECK(error.errors.size() == 100);
        CHECK(error.detail == "250 mistakes, of which these are the first 100");
        CHECK(error.kind.status == 422);
    }
    refuse_if_any({});
}

TEST_CASE("failures of the database are told by what the caller may do") {
    const auto status = [](db::Failure failure) { return database_problem(db::DbError(failure, "x")).status; };
    CHECK(status(db::Failure::unavailable) == 503);
    CHECK(status(db::Failure::timeout) == 503);
    CHECK(status(db::Failure::conflict) == 503);
    CHECK(status(db::Failure::unique) == 409);
    CHECK(status(db::Failure::foreign_key) == 409);
    CHECK(status(db::Failure::check) == 422);
    CHECK_THROWS_AS(database_problem(db::DbError(db::Failure::broken, "secret internals")), db::DbError);
}

}  // namespace api_mechanism_test
