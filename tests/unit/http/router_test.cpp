#include "lib/http/router.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace router_test {

using namespace sonde;
using namespace sonde::http;

namespace {

Handler says(std::string text) {
    return [text](const Request&) { return Response::text(text); };
}

Router example() {
    Router router;
    router.add(Method::get, "/v1/sites", says("list"));
    router.add(Method::post, "/v1/sites", says("create"));
    router.add(Method::get, "/v1/sites/{site_id}", says("one"));
    router.add(Method::del, "/v1/sites/{site_id}", says("delete"));
    router.add(Method::post, "/v1/sites/bulk", says("bulk"));
    router.add(Method::get, "/v1/sites/{site_id}/results/{slot}", [](const Request& request) {
        return Response::text(request.parameters.at("site_id") + "," + request.parameters.at("slot"));
    });
    router.add(Method::get, "/", says("root"));
    return router;
}

Response ask(Method method, const std::string& path) {
    Request request;
    request.method = method;
    request.path = path;
    return example().dispatch(request);
}

std::string header(const Response& response, const std::string& name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return {};
}

}  // namespace

TEST_CASE("method and path choose the handler") {
    CHECK(ask(Method::get, "/v1/sites").body == "list");
    CHECK(ask(Method::post, "/v1/sites").body == "create");
    CHECK(ask(Method::del, "/v1/sites/x").body == "delete");
    CHECK(ask(Method::get, "/").body == "root");
}

TEST_CASE("parameters are whole segments") {
    CHECK(ask(Method::get, "/v1/sites/a b/results/2%").body == "a b,2%");
    CHECK(ask(Method::get, "/v1/sites//results/2").status == 404);
    CHECK(ask(Method::get, "/v1/sites/").status == 404);
    CHECK(ask(Method::get, "/v1/sites/x/").status == 404);
}

TEST_CASE("the request learns its route") {
    Request request;
    request.path = "/v1/sites/x";
    CHECK(example().dispatch(request).body == "one");
    CHECK(request.route == "/v1/sites/{site_id}");
    CHECK(request.parameters.at("site_id") == "x");
}

TEST_CASE("a literal segment goes before a parameter, whatever the order of declaration and the methods") {
    CHECK(ask(Method::post, "/v1/sites/bulk").body == "bulk");
    CHECK(ask(Method::get, "/v1/sites/bulk").status == 405);
    Router router;
    router.add(Method::get, "/{a}/x", says("late literal"));
    router.add(Method::get, "/y/{b}", says("early literal"));
    Request request;
    request.path = "/y/x";
    CHECK(router.dispatch(request).body == "early literal");
}

TEST_CASE("an unknown path is 404, as a problem document") {
    for (const auto* path : {"/v2", "/v1/sites/a/b", "", "v1/sites", "*"}) {
        const auto response = ask(Method::get, path);
        CHECK_MESSAGE(response.status == 404, path);
        CHECK(response.content_type == "application/problem+json");
        CHECK(response.body.find("\"type\":\"urn:sonde:problem:not_found\"") != std::string::npos);
    }
}

TEST_CASE("a known path with another method is 405 and tells what is allowed") {
    const auto response = ask(Method::put, "/v1/sites/x");
    CHECK(response.status == 405);
    CHECK(header(response, "Allow") == "GET, HEAD, DELETE, OPTIONS");
    CHECK(header(ask(Method::head, "/v1/sites/bulk"), "Allow") == "POST, OPTIONS");
}

TEST_CASE("HEAD is answered as GET, OPTIONS with what is allowed") {
    CHECK(ask(Method::head, "/v1/sites").status == 200);
    CHECK(ask(Method::head, "/v1/sites/bulk").status == 405);
    const auto options = ask(Method::options, "/v1/sites");
    CHECK(options.status == 204);
    CHECK(header(options, "Allow") == "GET, HEAD, POST, OPTIONS");
}

TEST_CASE("the same route twice, and what is no pattern, are defects of the program") {
    auto router = example();
    CHECK_THROWS_AS(router.add(Method::get, "/v1/sites/{other}", says("")), std::logic_error);
    CHECK_THROWS_AS(router.add(Method::get, "v1", says("")), std::logic_error);
    CHECK_THROWS_AS(router.add(Method::get, "/{a", says("")), std::logic_error);
    CHECK_THROWS_AS(router.add(Method::get, "/x{a}", says("")), std::logic_error);
    CHECK_THROWS_AS(router.add(Method::get, "/{}", says("")), std::logic_error);
    router.add(Method::put, "/v1/sites/{other}", says("replace"));
}

TEST_CASE("a problem document says what kind, and where each mistake is") {
    const auto response =
        problem_response(problem::invalid, "Two fields are wrong.", {{"/name", "must be text"}, {"", "is odd"}});
    CHECK(response.status == 422);
    CHECK(
        response.body ==
        R"({"type":"urn:sonde:problem:invalid","title":"The request is not valid","status":422,"detail":"Two fields are wrong.",)"
        R"("errors":[{"pointer":"/name","detail":"must be text"},{"pointer":"","detail":"is odd"}]})");
}

TEST_CASE("requests for some hosts are another router's, whole") {
    Router other;
    other.add(Method::get, "/", says("other root"));
    other.add_deferred(Method::get, "/later", [](const Request&, const Reply& reply) { reply(Response::text("later")); });
    auto router = example();
    router.add_deferred(Method::get, "/later", [](const Request&, const Reply& reply) { reply(Response::text("of the first")); });
    router.choose_by_host([&other](std::string_view host) { return host == "other.example" ? &other : nullptr; });
    const auto ask_at = [&router](const std::string& host, const std::string& path) {
        Request request;
        request.path = path;
        request.headers = {{"host", host}};
        if (const auto* deferred = router.find_deferred(request)) {
            std::string said;
            deferred->deferred(request, [&said](Response response) { said = response.body; });
            return said;
        }
        const auto response = router.dispatch(request);
        return response.status == 200 ? response.body : std::to_string(response.status);
    };
    CHECK(ask_at("Other.Example:8443", "/") == "other root");
    CHECK(ask_at("other.example.", "/later") == "later");
    CHECK(ask_at("other.example", "/v1/sites") == "404");
    CHECK(ask_at("sonde.example", "/v1/sites") == "list");
    CHECK(ask_at("", "/later") == "of the first");
}

TEST_CASE("a host is read without its port, in small letters") {
    const auto host = [](const std::string& value) {
        Request request;
        request.headers = {{"host", value}};
        return host_of(request);
    };
    CHECK(host("Status.Example:80") == "status.example");
    CHECK(host("status.example.") == "status.example");
    CHECK(host("[2001:DB8::1]:443") == "[2001:db8::1]");
    CHECK(host("[broken") == "[broken");
    CHECK(host("") == "");
    CHECK(host_of(Request{}).empty());
}

}  // namespace router_test
